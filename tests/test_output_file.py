"""Files are replaced when they are whole; before that, and after a failure, nothing has changed."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from vasa_avatar.output_file import check_output_file, whole_file


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_file_is_as_it_was_until_the_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    with whole_file(path) as part:
        part.write_bytes(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["a.bin"]


@pytest.mark.parametrize("end", [RuntimeError("no"), KeyboardInterrupt()])
def test_whatever_ends_the_block_leaves_the_old_file_alone(
    tmp_path: Path, end: BaseException
) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    with pytest.raises(type(end)), whole_file(path) as part:
        part.write_bytes(b"half")
        raise end
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a.bin"]


def test_a_full_disk_leaves_the_old_file_and_is_named(full_disk: Path) -> None:
    path = full_disk / "a.bin"
    path.write_bytes(b"old")
    with pytest.raises(OSError) as caught, whole_file(path) as part, part.open("wb") as file:
        file.write(bytes(400_000))
    assert caught.value.errno == errno.ENOSPC
    assert caught.value.filename == str(path)
    assert path.read_bytes() == b"old"
    assert names(full_disk) == ["a.bin"]


def test_a_write_that_fails_is_said_about_the_file_that_was_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    with pytest.raises(OSError) as caught, whole_file(path):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.filename == str(path)
    with pytest.raises(FileNotFoundError) as other, whole_file(path):
        (tmp_path / "elsewhere").open()
    assert other.value.filename == str(tmp_path / "elsewhere")
    assert names(tmp_path) == []


def test_a_link_stays_a_link_and_rights_stay_as_they_were(tmp_path: Path) -> None:
    real = tmp_path / "real.bin"
    real.write_bytes(b"old")
    real.chmod(0o640)
    (tmp_path / "link.bin").symlink_to("real.bin")
    with whole_file(tmp_path / "link.bin") as part:
        part.write_bytes(b"new")
    assert (tmp_path / "link.bin").is_symlink()
    assert real.read_bytes() == b"new"
    assert real.stat().st_mode & 0o777 == 0o640


def test_a_new_file_has_the_rights_that_any_program_would_give_it(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    with whole_file(tmp_path / "new" / "a.bin") as part:
        part.write_bytes(b"new")
    plain, made = (tmp_path / "plain").stat(), (tmp_path / "new" / "a.bin").stat()
    assert made.st_mode == plain.st_mode


def test_folders_pipes_and_protected_files_are_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(IsADirectoryError, match="is a folder; expected a file's name"):
        check_output_file(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="is a pipe or a device.*pipe"):
        check_output_file(tmp_path / "pipe")
    (tmp_path / "kept").write_bytes(b"old")
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anything
    with pytest.raises(PermissionError, match="write-protected.*kept"):
        check_output_file(tmp_path / "kept")


@pytest.mark.parametrize("name", ["n" * 251 + ".mp4", "ü" * 124 + ".mp4"])
def test_the_longest_names_can_be_written(tmp_path: Path, name: str) -> None:
    with whole_file(tmp_path / name) as part:
        part.write_bytes(b"new")
    assert names(tmp_path) == [name]


def test_a_part_that_nobody_ended_goes_with_the_process(tmp_path: Path) -> None:
    code = (
        "import sys; from vasa_avatar.output_file import OutputFile;"
        "kept = OutputFile(sys.argv[1]); kept.part.write_bytes(b'half')"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "a.bin")], check=True)
    assert names(tmp_path) == []
