"""A file to what it says of being synthetic: signature, mark, label and note, each on its own."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from vasa_avatar.datatypes import F32, U8
from vasa_avatar.errors import ProvenanceError
from vasa_avatar.media import SYNTHETIC_NOTE, FilmFile, open_film_file, our_names
from vasa_avatar.safety.label import PLAIN_LABEL, seen_label
from vasa_avatar.safety.mark import NO_LABEL, MarkReading, mean_luma, mean_of, read_mark
from vasa_avatar.safety.signature import SignatureReading, read_signature

WINDOW_S = 2.0
FILM_ENDINGS = (".mp4", ".mov", ".m4v", ".webm", ".mkv", ".avi")
"""of films in a folder; a film named alone may end as it likes"""
PICTURE_ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".avif")
_PICTURES_IN_WINDOW = 50
_MOST_IN_WINDOW = 250
"""pictures of a film whose times do not move on"""
_MOST_LUMA_PX = 1920
_LEAST_PX = 32


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
class LabelReading:
    """What is known of the visible label."""

    said: str
    """its words, as the signature tells them; empty where none does"""
    place: str
    """the corner of the picture that shows it, or "AI"; empty where none was found, which a crop
    or a label beside the picture explains, too"""
    is_off: bool
    """whether mark or signature say that it was switched off"""
    reason: str
    """why, as the signature tells"""


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found in one file."""

    path: Path
    kind: str
    """film, picture, or pictures (a folder of frames)"""
    n_windows: int
    """stretches of 2 s, or pictures, that were looked at"""
    is_whole: bool
    """whether those were all"""
    marks: tuple[MarkSpan, ...]
    has_note: bool
    """whether the file's own comment says that it is synthetic"""
    label: LabelReading
    signature: SignatureReading | None
    signature_hint: str
    """why the signature was not looked at; empty when it was"""

    @property
    def is_known_synthetic(self) -> bool:
        """Whether mark, note or signature were found; a label alone may be anybody's."""
        return bool(self.marks or self.has_note or self.signature)

    def false_alarm(self, span: MarkSpan) -> float:
        """Bound of the chance that a file of so many stretches without a mark reads so."""
        return min(1.0, span.reading.false_alarm * self.n_windows)


def verify_file(path: Path, most_windows: int | None = None) -> Verification:
    """Look for everything in a film, a picture, or a folder of frames that we wrote.

    Args:
        path: what to look at.
        most_windows: stretches of 2 s after which no more of a film's pictures are looked at.

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
    if path.suffix.lower() in PICTURE_ENDINGS:
        luma = mean_luma([_picture(path)])
        return _verified(path, "picture", iter([_Window(0.0, 0.0, luma)]), _note_of(path))
    return _verified_film(path, most_windows)


@dataclass(frozen=True, slots=True, eq=False)
class _Window:
    """A stretch, or a picture."""

    start_s: float
    end_s: float
    luma: F32
    """(H, W) mean brightness"""


def _verified_film(path: Path, most_windows: int | None) -> Verification:
    import av

    try:
        with open_film_file(path) as film:
            if film is None:
                raise ProvenanceError(f"{path} has no pictures; expected a film or a picture")
            has_note = any(SYNTHETIC_NOTE in comment for comment in film.comments)
            windows = _windows_of_film(film)
            return _verified(path, "film", windows, has_note, most_windows)
    except av.FFmpegError as problem:
        raise ProvenanceError(f"{path} cannot be decoded ({problem.strerror})") from problem


def _verified(
    path: Path,
    kind: str,
    windows: Iterator[_Window],
    has_note: bool,
    most_windows: int | None = None,
) -> Verification:
    signature, hint = None, ""
    try:
        signature = read_signature(path)
    except ProvenanceError as problem:
        hint = str(problem)
    said = str(signature.statement.get("label", "")) if signature else ""
    spans: list[MarkSpan] = []
    n_windows, was_marked, place = 0, False, ""
    last: MarkReading | None = None
    for window in itertools.islice(windows, most_windows):
        n_windows += 1
        reading = read_mark(window.luma, last)
        if reading is not None:
            last = reading
            _join(spans, MarkSpan(window.start_s, window.end_s, reading, 1), was_marked)
        was_marked = reading is not None
        place = place or seen_label(window.luma, said or PLAIN_LABEL) or ""
    is_whole = n_windows != most_windows or next(windows, None) is None
    label = _label(said, place, spans, signature)
    return Verification(
        path, kind, n_windows, is_whole, tuple(spans), has_note, label, signature, hint
    )


def _label(
    said: str, place: str, spans: list[MarkSpan], signature: SignatureReading | None
) -> LabelReading:
    reason = str(signature.statement.get("no_label_reason", "")) if signature else ""
    is_flagged = any(span.reading.payload.flags & NO_LABEL for span in spans)
    return LabelReading(said, place, is_flagged or bool(reason), reason)


def _join(spans: list[MarkSpan], new: MarkSpan, is_next: bool) -> None:
    last = spans[-1] if spans and is_next else None
    if last is None or last.reading.payload != new.reading.payload:
        spans.append(new)
        return
    surest = max(last.reading, new.reading, key=lambda reading: reading.z)
    spans[-1] = MarkSpan(last.start_s, new.end_s, surest, last.n_windows + 1)


def _windows_of_film(film: FilmFile) -> Iterator[_Window]:
    """Each stretch of 2 s."""
    kept: list[U8] = []
    start = end = 0.0
    for time_s, frame in film.pictures():
        end = end if time_s is None else float(time_s)
        picture = _luma_sized(frame)
        is_full = end - start >= WINDOW_S or len(kept) >= _MOST_IN_WINDOW
        if kept and (is_full or picture.shape != kept[0].shape):
            yield _Window(start, end, mean_of(kept))
            start, kept = end, []
        kept.append(picture)
    if kept:
        yield _Window(start, end, mean_of(kept))


def _luma_sized(frame: Any) -> U8:
    factor = min(1.0, _MOST_LUMA_PX / max(frame.width, frame.height))
    width, height = (max(_LEAST_PX, int(n * factor)) for n in (frame.width, frame.height))
    is_as_it_is = (width, height) == (frame.width, frame.height)
    size = {} if is_as_it_is else {"width": width, "height": height}
    return np.asarray(frame.to_ndarray(format="gray", **size), np.uint8)


def _windows_of_pictures(names: list[Path]) -> Iterator[_Window]:
    for first in range(0, len(names), _PICTURES_IN_WINDOW):
        some = names[first : first + _PICTURES_IN_WINDOW]
        yield _Window(0.0, 0.0, mean_luma(map(_picture, some)))


def _picture(path: Path) -> U8:
    data = np.fromfile(path, np.uint8)
    try:
        picture = cv2.imdecode(data, cv2.IMREAD_COLOR) if len(data) else None
    except cv2.error:  # its header promises too much
        picture = None
    if picture is None or min(picture.shape[:2]) < _LEAST_PX:
        raise ProvenanceError(f"{path} is not a picture that can be read")
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)


def _note_of(picture: Path) -> bool:
    return SYNTHETIC_NOTE.encode() in picture.read_bytes()
