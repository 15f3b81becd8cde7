"""What goes into a film, and by which ending its kind is known."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

VIDEO_SUFFIXES = (".mp4", ".mov", ".m4v", ".webm")


@dataclass(frozen=True, slots=True)
class VideoFormat:
    """What goes into a file."""

    size_px: int
    """edge of the square frame; even"""
    fps: int
    sample_rate_hz: int | None
    """None for a silent film"""

    def __post_init__(self) -> None:
        if self.size_px < 16 or self.size_px % 2:
            raise ValueError(f"frame size is {self.size_px}; expected an even number from 16 up")


def is_video_name(path: Path) -> bool:
    """Whether a name stands for one film; otherwise it is a folder of PNGs.

    Raises:
        ValueError: an ending that stands for no known format, or no name at all.
    """
    if path.suffix.lower() in VIDEO_SUFFIXES:
        return True
    expected = f"{', '.join(VIDEO_SUFFIXES)}, or a name without an ending for a folder of PNGs"
    if path.suffix:
        raise ValueError(f"{path.name} ends in {path.suffix}; expected {expected}")
    return False
