"""Frames and their sound become a folder: frame_000000.png, frame_000001.png, … and audio.wav.

They are written in a folder inside it and moved out at the end, in place of those of an earlier
run. Files of other makers stay, and one that is in the way is refused: every picture carries a note
by which it is known.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import wave
import weakref
from pathlib import Path

import cv2

from vasa_avatar.datatypes import I16, U8
from vasa_avatar.media.synthetic_note import has_note, with_note
from vasa_avatar.output_file import named_after, part_beside

SOUND_NAME = "audio.wav"
_PICTURE_NAME = re.compile(r"frame_\d{6,}\.png")


class PictureFolder:
    """A folder to be filled: into `part`, then `commit` or `discard`."""

    def __init__(self, path: Path) -> None:
        """Make an empty part inside the folder, and the folder where there is none.

        Raises:
            OSError: it cannot be made, or files of other makers are in the way.
        """
        check_picture_folder(path)
        self.path = path
        made = [folder for folder in (path, *path.parents) if not folder.exists()]
        try:
            path.mkdir(parents=True, exist_ok=True)
            self.part = part_beside(path / "frames")
            self._remove = weakref.finalize(self, _remove_folders, self.part, made)
            self.part.mkdir()
        except OSError as problem:
            raise named_after(path, problem) from problem

    def commit(self) -> None:
        """Put the new files in the place of those of an earlier run.

        Raises:
            OSError: it cannot be done; the earlier files are back in their places.
        """
        old = self.part / "old"
        moved: list[tuple[Path, Path]] = []
        try:
            new = sorted(self.part.iterdir())
            old.mkdir()
            for file in our_names(self.path):
                _move(file, old / file.name, moved)
            for file in new:
                _move(file, self.path / file.name, moved)
        except BaseException as problem:
            for source, target in reversed(moved):
                with contextlib.suppress(FileNotFoundError):  # it may not have got so far
                    os.replace(target, source)
            if isinstance(problem, OSError):
                raise named_after(self.path, problem) from problem
            raise
        shutil.rmtree(self.part, ignore_errors=True)
        self._remove.detach()

    def discard(self) -> None:
        """Remove the part, and the folder if it was made for it."""
        self._remove()


def check_picture_folder(path: Path) -> None:
    """Whether pictures can be put there without touching files of other makers.

    Raises:
        OSError: a file, a pipe or a device is there, or others' files have our names.
    """
    if not path.exists():
        return
    if not path.is_dir():
        raise NotADirectoryError(
            f"{path} is not a folder; expected a new or old folder for PNGs, or a name that ends "
            "in .mp4, .mov or .webm"
        )
    ours = our_names(path)
    pictures = [file for file in ours if file.name != SOUND_NAME]
    alien = next((file for file in pictures if not has_note(file)), None)
    if alien is None and ours and not pictures:
        alien = ours[0]
    if alien is not None:
        raise FileExistsError(
            f"{alien} was not written by vasa_avatar and would be lost; give another folder"
        )


def our_names(folder: Path) -> list[Path]:
    """The files of a folder that a new run would replace."""
    return [
        file
        for file in sorted(folder.iterdir())
        if file.name == SOUND_NAME or _PICTURE_NAME.fullmatch(file.name)
    ]


class PngWriter:
    """Pictures and, with sound, a wave file, written into a folder as they come."""

    def __init__(self, folder: Path, sample_rate_hz: int | None) -> None:
        self._folder = folder
        self._index = 0
        self._wave: wave.Wave_write | None = None
        if sample_rate_hz is not None:
            self._wave = wave.open(str(folder / SOUND_NAME), "wb")
            self._wave.setnchannels(1)
            self._wave.setsampwidth(2)
            self._wave.setframerate(sample_rate_hz)

    def write(self, frame_rgb: U8, pcm_i16: I16) -> None:
        """Store one picture and the sound under it; see `FrameSink.write`."""
        fast = [cv2.IMWRITE_PNG_COMPRESSION, 1]
        _, encoded = cv2.imencode(".png", cv2.cvtColor(frame_rgb, cv2.COLOR_RGB2BGR), fast)
        picture = with_note(encoded.tobytes())
        (self._folder / f"frame_{self._index:06d}.png").write_bytes(picture)
        self._index += 1
        if self._wave is not None:
            self._wave.writeframes(pcm_i16.astype("<i2").tobytes())

    def close(self) -> None:
        """Finish audio.wav."""
        if self._wave is not None:
            self._wave.close()


def _move(source: Path, target: Path, moved: list[tuple[Path, Path]]) -> None:
    moved.append((source, target))
    os.replace(source, target)


def _remove_folders(part: Path, made: list[Path]) -> None:
    """The part with all that is in it; of the folders above only what was made and is empty."""
    shutil.rmtree(part, ignore_errors=True)
    with contextlib.suppress(OSError):
        for folder in made:
            folder.rmdir()
