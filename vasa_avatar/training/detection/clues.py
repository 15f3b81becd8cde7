"""A film to rows of clues, one for each two seconds: how the head, eyes and brows move, whether the
lips follow the sound, and how still what stands still is.

Every film is first brought to one size, one rate and one codec, so that those tell nothing.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from vasa_avatar.appearance.reading import FaceLandmarker
from vasa_avatar.appearance.tracking import open_film
from vasa_avatar.audio import resample
from vasa_avatar.datatypes import F64, I16, U8
from vasa_avatar.media import read_audio
from vasa_avatar.training.motion.seen_take import SeenTake, see
from vasa_avatar.training.motion.window_figures import (
    STEP,
    WINDOW,
    figure_names,
    window_figures,
)

FPS = 25
AUDIO_HZ = 16_000
SIDE_PX = 256
"""of the square in the middle that is looked at"""
BITS_PER_S = 300_000
MOST_LAG = 6
"""frames by which lips may be early or late"""
LIP_CLUES = ("lips spread", "lips speed", "lips~loudness", "best lips~loudness", "its lag",
             "loud and closed", "quiet and open")  # fmt: skip
STILL_CLUES = ("ground moves", "ground that stands", "face moves", "face over ground")
_GROUND = 24
"""pixels along the left, right and upper edge"""
_FACE = slice(SIDE_PX // 4, 3 * SIDE_PX // 4)


def clue_names() -> list[str]:
    """In the order of the columns."""
    return [*figure_names(), *LIP_CLUES, *STILL_CLUES]


def film_clues(path: Path, most_s: float, landmarker: FaceLandmarker) -> F64:
    """(W, C) clues of a film with sound, at most its first so many seconds.

    Raises:
        VasaError: it cannot be read, or has no sound.
        ValueError: it is shorter than two seconds, or mostly shows no face.
    """
    film = open_film(path)
    frames = evened(at_25_fps(film.frames(), film.fps, round(most_s * FPS)))
    if len(frames) < WINDOW:
        raise ValueError(f"{path} has {len(frames)} pictures; expected at least {WINDOW}")
    sound = read_audio(path)
    wave = resample(sound.pcm_i16, sound.sample_rate_hz, AUDIO_HZ)
    voice = np.clip(32_768 * wave, -32_768, 32_767).astype(np.int16)
    take = see(path.stem, iter(frames), FPS, _as_long(voice, len(frames)), landmarker)
    starts = range(0, len(take) - WINDOW + 1, STEP)
    lips = np.array([lip_clues(take, first) for first in starts])
    still = np.array([still_clues(frames[first : first + WINDOW]) for first in starts])
    return np.concatenate([window_figures(take), lips, still], axis=1)


def lip_clues(take: SeenTake, first: int) -> list[float]:
    """Of one window: whether the lips go with the sound, and when."""
    lips, loudness = (values[first : first + WINDOW] for values in (take.lips, take.loudness_db))
    fits = [_lagged(lips, loudness, lag) for lag in range(-MOST_LAG, MOST_LAG + 1)]
    is_loud, is_open = loudness > np.median(loudness), lips > np.median(lips)
    return [
        float(np.log(lips.std() + 1e-3)), float(np.log(np.abs(np.diff(lips)).mean() + 1e-3)),
        fits[MOST_LAG], max(fits), float(np.argmax(fits) - MOST_LAG),
        float((is_loud & ~is_open).mean()), float((~is_loud & is_open).mean()),
    ]  # fmt: skip


def still_clues(frames: list[U8]) -> list[float]:
    """Of one window of (256, 256, 3): what moves where nothing should, and where something should.

    A filmed ground trembles with the camera and its noise; a generated one may stand.
    """
    grey = np.array([cv2.cvtColor(f, cv2.COLOR_RGB2GRAY) for f in frames], np.float32)
    moved = np.abs(np.diff(cv2.blur(grey.transpose(1, 2, 0), (3, 3)), axis=2)).mean(2)
    ground = np.concatenate(
        [moved[:_GROUND].ravel(), moved[:, :_GROUND].ravel(), moved[:, -_GROUND:].ravel()]
    )
    face = float(moved[_FACE, _FACE].mean())
    ground_moves = float(np.median(ground))
    return [
        float(np.log(ground_moves + 0.02)), float((ground < 0.1).mean()),
        float(np.log(face + 0.02)), float(np.log((face + 0.02) / (ground_moves + 0.02))),
    ]  # fmt: skip


def at_25_fps(frames: Iterable[U8], fps: Fraction, most: int) -> Iterator[U8]:
    """The pictures that stand at 25 times a second, at most so many."""
    due = itertools.count()
    next_due = next(due)
    for number, frame in enumerate(frames):
        while Fraction(number) / fps >= Fraction(next_due, FPS):
            if next_due == most:
                return
            yield frame
            next_due = next(due)


def evened(frames: Iterable[U8]) -> list[U8]:
    """The middle square of each picture at one size, coded once by one codec."""
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as container:
        options = {"preset": "veryfast", "threads": "1"}
        stream = container.add_stream("libx264", rate=FPS, options=options)
        stream.width = stream.height = SIDE_PX
        stream.pix_fmt, stream.bit_rate = "yuv420p", BITS_PER_S
        for frame in frames:
            picture = av.VideoFrame.from_ndarray(_middle(frame), format="rgb24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    file.seek(0)
    with av.open(file, "r") as coded:
        frames_again = coded.decode(video=0)
        return [np.asarray(f.to_ndarray(format="rgb24"), np.uint8) for f in frames_again]


def _middle(frame: U8) -> U8:
    height, width = frame.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = frame[top : top + side, left : left + side]
    return np.asarray(cv2.resize(square, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA))


def _as_long(voice: I16, n_frames: int) -> I16:
    length = n_frames * AUDIO_HZ // FPS
    return np.pad(voice[:length], (0, max(0, length - len(voice))))


def _lagged(lips: F64, loudness: F64, lag: int) -> float:
    """Correlation when the lips come so many frames after the sound."""
    inner = slice(MOST_LAG, WINDOW - MOST_LAG)
    a, b = lips[MOST_LAG + lag : WINDOW - MOST_LAG + lag], loudness[inner]
    a, b = a - a.mean(), b - b.mean()
    size = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / size if size > 1e-9 else 0.0
