"""A file to what it says about being synthetic: signature, mark and note, each on its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from vasa_avatar.datatypes import F32, U8
from vasa_avatar.errors import ProvenanceError
from vasa_avatar.media import SYNTHETIC_NOTE, open_media, our_names, picture_stream, start_s
from vasa_avatar.safety.mark import MarkReading, mean_luma, mean_of, read_mark
from vasa_avatar.safety.signature import SignatureReading, read_signature

WINDOW_S = 2.0
_PICTURES_IN_WINDOW = 50
_MOST_LUMA_PX = 1920
_PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".avif")


@dataclass(frozen=True, slots=True)
class MarkSpan:
    """A stretch that carries one mark."""

    start_s: float
    """0 for pictures"""
    end_s: float
    reading: MarkReading
    """the surest one"""
    n_windows: int


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found in one file."""

    path: Path
    kind: str
    """film, picture, or pictures (a folder of frames)"""
    n_windows: int
    """stretches of 2 s, or pictures, that were looked at"""
    marks: tuple[MarkSpan, ...]
    has_note: bool
    """whether the file's own comment says that it is synthetic"""
    signature: SignatureReading | None
    signature_hint: str
    """why the signature was not looked at; empty when it was"""

    @property
    def is_known_synthetic(self) -> bool:
        """Whether anything was found."""
        return bool(self.marks or self.has_note or self.signature)


def verify_file(path: Path) -> Verification:
    """Look for everything in a film, a picture, or a folder of frames that we wrote.

    Raises:
        ProvenanceError: it is neither, or it cannot be read.
        OSError: it is not there.
    """
    if path.is_dir():
        names = sorted(name for name in our_names(path) if name.suffix == ".png")
        if not names:
            raise ProvenanceError(f"{path} holds no frames of ours; give its files instead")
        return _verified(path, "pictures", _windows_of_pictures(names), _note_of(names[0]))
    with path.open("rb"):
        pass
    if path.suffix.lower() in _PICTURE_SUFFIXES:
        luma = mean_luma([_picture(path)])
        return _verified(path, "picture", iter([(0.0, 0.0, luma)]), _note_of(path))
    return _verified(path, "film", _windows_of_film(path), _film_note(path))


def _verified(
    path: Path, kind: str, windows: Iterator[tuple[float, float, F32]], has_note: bool
) -> Verification:
    spans: list[MarkSpan] = []
    n_windows, was_marked = 0, False
    last: MarkReading | None = None
    for start, end, luma in windows:
        n_windows += 1
        reading = read_mark(luma, last)
        if reading is not None:
            last = reading
            _join(spans, MarkSpan(start, end, reading, 1), was_marked)
        was_marked = reading is not None
    signature, hint = None, ""
    try:
        signature = read_signature(path)
    except ProvenanceError as problem:
        hint = str(problem)
    return Verification(path, kind, n_windows, tuple(spans), has_note, signature, hint)


def _join(spans: list[MarkSpan], new: MarkSpan, is_next: bool) -> None:
    last = spans[-1] if spans and is_next else None
    if last is None or last.reading.payload != new.reading.payload:
        spans.append(new)
        return
    surest = max(last.reading, new.reading, key=lambda reading: reading.z)
    spans[-1] = MarkSpan(last.start_s, new.end_s, surest, last.n_windows + 1)


def _windows_of_film(path: Path) -> Iterator[tuple[float, float, F32]]:
    """Start, end and mean brightness of each stretch of 2 s."""
    import av

    try:
        with open_media(path) as container:
            stream = picture_stream(container)
            if stream is None:
                raise ProvenanceError(f"{path} has no pictures; expected a film or a picture")
            zero_s = start_s(container)
            kept: list[U8] = []
            start = end = 0.0
            for frame in container.decode(stream):
                if frame.pts is not None:
                    end = float(frame.pts * frame.time_base - zero_s)
                picture = _luma_sized(frame)
                if kept and (end - start >= WINDOW_S or picture.shape != kept[0].shape):
                    yield start, end, mean_of(kept)
                    start, kept = end, []
                kept.append(picture)
            if kept:
                yield start, end, mean_of(kept)
    except av.FFmpegError as problem:
        raise ProvenanceError(f"{path} cannot be decoded ({problem.strerror})") from problem


def _luma_sized(frame: Any) -> U8:
    factor = min(1.0, _MOST_LUMA_PX / max(frame.width, frame.height))
    size = {"width": int(frame.width * factor), "height": int(frame.height * factor)}
    return np.asarray(frame.to_ndarray(format="gray", **(size if factor < 1.0 else {})), np.uint8)


def _windows_of_pictures(names: list[Path]) -> Iterator[tuple[float, float, F32]]:
    for first in range(0, len(names), _PICTURES_IN_WINDOW):
        yield 0.0, 0.0, mean_luma(_picture(p) for p in names[first : first + _PICTURES_IN_WINDOW])


def _picture(path: Path) -> U8:
    data = np.fromfile(path, np.uint8)
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR) if len(data) else None
    if picture is None or min(picture.shape[:2]) < 32:
        raise ProvenanceError(f"{path} is not a picture that can be read")
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)


def _note_of(picture: Path) -> bool:
    return SYNTHETIC_NOTE.encode() in picture.read_bytes()


def _film_note(path: Path) -> bool:
    import av

    try:
        with open_media(path) as container:
            return any(SYNTHETIC_NOTE in str(value) for value in container.metadata.values())
    except av.FFmpegError:
        return False
