"""Compiled kernels are kept, fit what they are made of, and are never anybody else's."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import vasa_avatar

pytestmark = pytest.mark.slow

PROBE = """
import sys
from vasa_avatar.kernel_cache import kernel
from vasa_avatar.render import lanes

@kernel
def brighter(pixel, gain):
    return lanes.pack(lanes.brighten(lanes.unpack(pixel), gain))
"""
USE = """
import logging, numpy as np
logging.basicConfig(level="INFO")
from vasa_avatar.render.probe import brighter
print(int(brighter(np.uint32(0xFF101010), np.uint64(512))), len(brighter.stats.cache_hits))
"""
TWICE, FOURFOLD = 0xFF202020, 0xFF404040


class Copy:
    """A copy of the package with a small kernel in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.package = folder / "code" / "vasa_avatar"
        self.cache = folder / "cache"
        source = Path(vasa_avatar.__file__).parent
        leave = shutil.ignore_patterns("training", "weights", "__pycache__")
        shutil.copytree(source, self.package, ignore=leave)
        (self.package / "render" / "probe.py").write_text(PROBE)
        self.said = ""

    def use(self, **variables: str) -> tuple[int, bool]:
        """A pixel made brighter in a new process, and whether the code for it was kept."""
        environment = {
            **os.environ,
            "PYTHONPATH": str(self.package.parent),
            "PYTHONDONTWRITEBYTECODE": "1",
            "VASA_AVATAR_CACHE": str(self.cache),
            **variables,
        }
        done = subprocess.run(
            [sys.executable, "-c", USE],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        self.said = done.stderr
        pixel, hits = done.stdout.split()
        return int(pixel), hits == "1"

    def kept(self) -> list[Path]:
        """Folders of compiled kernels."""
        return list((self.cache / "kernels").glob("vasa_avatar.render.probe-*"))


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path)


def test_an_edited_helper_is_compiled_anew_and_the_old_one_found_again(copy: Copy) -> None:
    """The helper is two imports away from who calls it, and its file keeps size and date."""
    helper = copy.package / "render" / "lanes.py"
    before, date = helper.read_text(), helper.stat()
    assert copy.use() == (TWICE, False)
    assert copy.use() == (TWICE, True)
    shift = "builder.mul(wide, gains), _same(_FOUR32, {}))"
    assert before.count(shift.format(8)) == 1
    helper.write_text(before.replace(shift.format(8), shift.format(7)))
    os.utime(helper, ns=(date.st_atime_ns, date.st_mtime_ns))
    assert helper.stat().st_size == date.st_size
    assert copy.use() == (FOURFOLD, False)
    helper.write_text(before)
    assert copy.use() == (TWICE, True)
    assert len(copy.kept()) == 2


def test_other_files_may_change(copy: Copy) -> None:
    assert copy.use() == (TWICE, False)
    mesh = copy.package / "render" / "mesh.py"
    mesh.write_text(mesh.read_text() + "\n# a remark\n")
    assert copy.use() == (TWICE, True)


def test_damaged_files_are_compiled_again(copy: Copy) -> None:
    copy.use()
    (folder,) = copy.kept()
    for path in folder.iterdir():
        path.write_bytes(path.read_bytes()[:100])
    assert copy.use() == (TWICE, False)
    assert "is damaged" in copy.said
    assert copy.use() == (TWICE, True)


def test_old_versions_go(copy: Copy) -> None:
    probe = copy.package / "render" / "probe.py"
    for number in range(6):
        probe.write_text(PROBE + f"# {number}\n")
        copy.use()
    assert len(copy.kept()) == 4


@pytest.mark.skipif(sys.platform == "win32", reason="owners are a POSIX matter")
def test_a_folder_that_others_can_write_is_passed_over(copy: Copy) -> None:
    copy.use()
    (folder,) = copy.kept()
    folder.chmod(0o777)
    assert copy.use() == (TWICE, False)
    assert copy.use() == (TWICE, False)
    assert "is compiled in every process" in copy.said


def test_a_full_disk_only_makes_it_slower(copy: Copy, full_disk: Path) -> None:
    with contextlib.suppress(OSError), (full_disk / "filler").open("wb", buffering=0) as filler:
        while filler.write(bytes(1000)):
            pass
    assert copy.use(VASA_AVATAR_CACHE=str(full_disk)) == (TWICE, False)
    assert "could not be kept" in copy.said
    assert copy.use(VASA_AVATAR_CACHE=str(full_disk)) == (TWICE, False)
