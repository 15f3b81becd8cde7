"""Exact media time: frame numbers and sample indices in integer arithmetic, no floats, no drift."""

from __future__ import annotations

from dataclasses import dataclass

SUPPORTED_FPS = (25, 30, 40, 50, 60)


@dataclass(frozen=True, slots=True)
class FrameClock:
    """Maps frames to samples of the speech audio.

    Frame n covers samples [n * rate / fps, (n + 1) * rate / fps), each bound rounded down.
    """

    sample_rate_hz: int
    fps: int

    def __post_init__(self) -> None:
        if self.fps not in SUPPORTED_FPS:
            raise ValueError(f"fps is {self.fps}; expected one of {SUPPORTED_FPS}")
        if not 4_000 <= self.sample_rate_hz <= 384_000:
            raise ValueError(f"sample rate is {self.sample_rate_hz} Hz; expected 4000 to 384000 Hz")

    def first_sample(self, frame_index: int) -> int:
        """Index of the first sample that frame `frame_index` covers."""
        return frame_index * self.sample_rate_hz // self.fps

    def samples_in(self, frame_index: int) -> int:
        """Samples that frame `frame_index` covers (differs by one where rates do not divide)."""
        return self.first_sample(frame_index + 1) - self.first_sample(frame_index)

    def frames_for(self, n_samples: int) -> int:
        """Number of frames needed to cover `n_samples` samples, the last one perhaps partly."""
        frames = n_samples * self.fps // self.sample_rate_hz
        while self.first_sample(frames) < n_samples:
            frames += 1
        return frames


def ms_to_samples(duration_ms: int, sample_rate_hz: int) -> int:
    """Samples that last at least `duration_ms` (rounded up)."""
    return -(-duration_ms * sample_rate_hz // 1000)
