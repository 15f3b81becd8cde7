"""A user who may only read the package, and who has no usable home: everything runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import child_programs
import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="owners are a POSIX matter"),
]
UID = 12345
# Root may write everywhere; a user who may read everything, as this interpreter, and owns nothing.
AS_STRANGER = [
    "setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups",
    "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search",
]  # fmt: skip


class Stranger:
    """Somebody with a read-only copy of the package and a folder for temporary files."""

    def __init__(self, folder: Path) -> None:
        self.code, self.temporary = folder / "code", folder / "tmp"
        leave = shutil.ignore_patterns("training", "__pycache__")
        for source in ("vasa_avatar", *(f"integrations/{n}" for n in PACKAGES)):
            path = child_programs.ROOT / source
            shutil.copytree(path, self.code / path.name, ignore=leave)
        character = Path("character_profiles") / "iris"
        shutil.copytree(child_programs.ROOT / character, self.code / "vasa_avatar" / character)
        module = child_programs.ROOT / "web" / "vasa-face"
        shutil.copytree(module, self.code / "vasa_avatar" / module.name)
        for path in (self.code, *self.code.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        self.temporary.mkdir()
        self.temporary.chmod(0o1777)
        self.is_root = os.geteuid() == 0
        self.owner = UID if self.is_root else os.geteuid()

    @property
    def kept(self) -> Path:
        """Where the package's things go when they can go nowhere else."""
        return self.temporary / f"vasa-avatar-{self.owner}"

    def run(self, program: str, out: Path, home: str | None) -> str:
        """Run a program in a folder that cannot be written; gives what it said."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "VASA_", "HOME"))}
        environment = {**kept, "PYTHONPATH": str(self.code), "TMPDIR": str(self.temporary)}
        if home is not None:
            environment["HOME"] = home
        done = subprocess.run(
            [*(AS_STRANGER if self.is_root else []), sys.executable, "-c", program, str(out)],
            cwd=self.code,
            env=environment,
            capture_output=True,
            text=True,
            timeout=250,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stderr


PACKAGES = ("pipecat/pipecat_vasa", "server/vasa_server")


@pytest.fixture(scope="module")
def stranger() -> Iterator[Stranger]:
    """One for all tests: what is compiled stays."""
    if os.geteuid() == 0:
        probe = [*AS_STRANGER, sys.executable, "-c", ""]
        if shutil.which("setpriv") is None or subprocess.run(probe, check=False).returncode:
            pytest.skip("needs setpriv, or another user than root")
    with tempfile.TemporaryDirectory(prefix="stranger-") as folder:
        Path(folder).chmod(0o755)
        yield Stranger(Path(folder))
        for path in Path(folder).rglob("*"):
            if path.is_dir():
                path.chmod(0o755)


@pytest.mark.parametrize("home", [None, "/", "/no/such/folder", "/root"])
def test_a_film_is_rendered_wherever_home_is(stranger: Stranger, home: str | None) -> None:
    out = stranger.temporary / "said.mp4"
    stranger.run(child_programs.RENDER, out, home)
    assert out.stat().st_size > 1000
    out.unlink()
    if stranger.is_root:  # any other user may have a home all the same
        assert {path.name for path in stranger.temporary.iterdir()} == {stranger.kept.name}
        assert stranger.kept.stat().st_mode & 0o777 == 0o700
        assert [path.name for path in stranger.kept.iterdir()] == ["kernels"]


@pytest.mark.parametrize("name", ["SERVE", "CALL"])
def test_the_server_and_a_call_run_too(stranger: Stranger, name: str) -> None:
    out = stranger.temporary / f"{name}.mp4"
    stranger.run(getattr(child_programs, name), out, None)
    assert out.stat().st_size > 0


def test_without_any_folder_it_compiles_and_keeps_nothing(stranger: Stranger) -> None:
    if not stranger.is_root:
        pytest.skip("only root can put a folder of somebody else there")
    shutil.rmtree(stranger.kept, ignore_errors=True)
    stranger.kept.mkdir(mode=0o755)
    try:
        out = stranger.temporary / "unkept.mp4"
        stranger.run(child_programs.RENDER, out, None)
        assert out.stat().st_size > 1000
        assert list(stranger.kept.iterdir()) == []
    finally:
        stranger.kept.rmdir()
