"""Dockerfile and compose.yaml: what they say is there and safe, and what the image does works.

No Docker is needed: the wheel is installed into a folder, filled and closed as the image is, and
its own commands run in it as somebody who owns nothing and may write nowhere but in /tmp.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
import yaml

from vasa_avatar.cli.app import build_parser
from vasa_avatar.folders import cache_folder_to_write

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
UID = 10001
AS_STRANGER = [
    "setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups",
    "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search",
]  # fmt: skip


def instructions() -> list[tuple[str, str]]:
    """Every instruction of the Dockerfile with its words."""
    text = re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.MULTILINE).replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return [(line.split()[0], line.partition(" ")[2].strip()) for line in lines]


def last(name: str) -> str:
    return [words for instruction, words in instructions() if instruction == name][-1]


def exec_form(words: str) -> list[str]:
    """The words of an instruction in its form without a shell."""
    parts: list[str] = json.loads(words[words.index("[") :])
    return parts


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    return loaded


def test_the_image_is_slim_pinned_and_not_roots() -> None:
    bases = [words.split()[0] for name, words in instructions() if name == "FROM"]
    assert bases and all(re.fullmatch(r"python:3\.1[123]-slim", base) for base in bases)
    assert last("USER") == str(UID) and last("HEALTHCHECK")
    assert "ADD" not in dict(instructions())
    names = [name for name, _ in instructions()]
    assert names.index("USER") > max(i for i, name in enumerate(names) if name in ("COPY", "RUN"))


def test_all_that_is_copied_is_there() -> None:
    for name, words in instructions():
        if name == "COPY" and not words.startswith("--from"):
            *sources, _ = words.split()
            assert [source for source in sources if not (ROOT / source).exists()] == []
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert {".git", ".venv", "tests"} <= set(ignored)


def test_its_commands_are_taken() -> None:
    assert exec_form(last("ENTRYPOINT")) == ["vasa-avatar"]
    build_parser().parse_args(exec_form(last("CMD")))
    build_parser().parse_args(compose()["services"]["server"]["command"])


def test_services_write_nothing_and_are_open_to_this_machine_only() -> None:
    services = compose()["services"]
    for name in ("server", "bot"):
        service = services[name]
        assert service["read_only"] is True and service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert all(mount.startswith("/tmp") for mount in service["tmpfs"])
    for service in services.values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
        assert not str(service.get("image", "")).endswith(":latest")
    script = services["bot"]["command"][0]
    assert (ROOT / script.removeprefix("/opt/")).is_file()
    assert "${VASA_TOKEN:?" in " ".join(services["server"]["command"])


@pytest.fixture(scope="module")
def image() -> Iterator[Path]:
    """A folder with what the image has below /opt, closed for everybody."""
    if os.geteuid() == 0:
        probe = [*AS_STRANGER, sys.executable, "-c", ""]
        if shutil.which("setpriv") is None or subprocess.run(probe, check=False).returncode:
            pytest.skip("needs setpriv, or another user than root")
    with tempfile.TemporaryDirectory(prefix="image-") as folder:
        opt = Path(folder) / "opt"
        build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
        subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
        (wheel,) = Path(folder).glob("*.whl")
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target",
             str(opt / "vasa"), str(wheel)],
            check=True, capture_output=True,
        )  # fmt: skip
        kept = Path(environment(opt)["VASA_AVATAR_CACHE"]) / "kernels"
        if (ours := cache_folder_to_write() / "kernels").is_dir():
            shutil.copytree(ours, kept)  # what is compiled already; it fits or is not used
        (warm,) = [exec_form(w) for n, w in instructions() if n == "RUN" and w.startswith("[")]
        run = subprocess.run(
            [sys.executable, *warm[1:]], env=environment(opt), cwd=opt, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        assert run.returncode == 0, run.stderr
        Path(folder).chmod(0o755)
        for path in (opt, *opt.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        (Path(folder) / "tmp").mkdir()
        (Path(folder) / "tmp").chmod(0o1777)
        yield opt
        for path in (opt, *opt.rglob("*")):
            if path.is_dir():
                path.chmod(0o755)


def environment(opt: Path) -> dict[str, str]:
    """The image's, on this machine; what is depended on is lent by our own environment."""
    settings = dict(pair.split("=", 1) for pair in last("ENV").split())
    lent = sysconfig.get_paths()["purelib"]
    return {
        **settings,
        "PATH": os.environ["PATH"],
        "VASA_AVATAR_CACHE": settings["VASA_AVATAR_CACHE"].replace("/opt", str(opt), 1),
        "PYTHONPATH": f"{opt / 'vasa'}{os.pathsep}{lent}",
        "TMPDIR": str(opt.parent / "tmp"),
    }


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="owners are a POSIX matter")
def test_what_the_image_runs_works_for_a_stranger_on_a_closed_tree(image: Path) -> None:
    as_user = AS_STRANGER if os.geteuid() == 0 else []
    program = [*as_user, sys.executable, "-m", "vasa_avatar"]
    process = subprocess.Popen(
        [*program, *exec_form(last("CMD")), "--port=0"], env=environment(image), cwd=image,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        port = next(found[1] for line in lines if (found := re.search(r":(\d+)/", line)))
        deadline_s = time.monotonic() + 60
        while time.monotonic() < deadline_s:
            try:
                with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
                    assert answer.status == 200
                    break
            except OSError:
                time.sleep(0.2)
        check = [word.replace(":8765/", f":{port}/") for word in exec_form(last("HEALTHCHECK"))]
        assert subprocess.run([sys.executable, *check[1:]], check=False).returncode == 0
    finally:
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert [line for line in errors.splitlines() if json.loads(line)["level"] == "error"] == []
    mine = [path for path in image.rglob("*") if path.stat().st_mode & 0o222]
    assert mine == [], "nothing in there can be written"
