"""A folder of pictures: an earlier run's are replaced as a whole, other people's stay."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from vasa_avatar.media import VideoFormat, open_sink

SILENT = VideoFormat(16, 25, None)
SPOKEN = VideoFormat(16, 25, 8_000)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*"))


def draw(folder: Path, n_frames: int, brightness: int = 10, sound: bool = False) -> None:
    with open_sink(folder, SPOKEN if sound else SILENT) as sink:
        for _ in range(n_frames):
            picture = np.full((16, 16, 3), brightness, np.uint8)
            sink.write(picture, np.zeros(320 if sound else 0, np.int16))


def test_a_shorter_run_leaves_nothing_of_the_longer_one(tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    draw(folder, 5, sound=True)
    draw(folder, 2)
    assert names(folder) == ["frame_000000.png", "frame_000001.png"]


def test_a_failed_run_leaves_the_earlier_one_as_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    draw(folder, 2, sound=True)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(KeyboardInterrupt), open_sink(folder, SPOKEN) as sink:
        sink.write(np.full((16, 16, 3), 200, np.uint8), np.ones(320, np.int16))
        raise KeyboardInterrupt
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_failed_first_run_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), open_sink(tmp_path / "a" / "frames", SILENT):
        raise RuntimeError("the renderer failed")
    assert names(tmp_path) == []


def test_a_move_that_fails_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "frames"
    draw(folder, 3, brightness=10)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    replace, moves = os.replace, 0

    def failing(source: Path, target: Path) -> None:
        nonlocal moves
        moves += 1
        if moves == 5:  # three old ones are away, one new one is in its place
            raise OSError(5, "Input/output error")
        replace(source, target)

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(OSError, match="frames"):
        draw(folder, 4, brightness=200)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_other_files_in_the_folder_stay(tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    draw(folder, 3)
    (folder / "notes.txt").write_text("mine")
    (folder / "frame_last.png").write_bytes(b"mine")
    draw(folder, 1)
    assert names(folder) == ["frame_000000.png", "frame_last.png", "notes.txt"]


@pytest.mark.parametrize("name", ["frame_000007.png", "audio.wav"])
def test_a_file_of_others_with_our_name_is_refused(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "frames"
    folder.mkdir()
    (folder / name).write_bytes(b"somebody's")
    with pytest.raises(FileExistsError, match=f"{name} was not written by vasa_avatar"):
        draw(folder, 1)
    assert (folder / name).read_bytes() == b"somebody's"


def test_a_file_where_the_folder_should_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "frames").write_text("mine")
    with pytest.raises(NotADirectoryError, match="frames is not a folder; expected"):
        draw(tmp_path / "frames", 1)
