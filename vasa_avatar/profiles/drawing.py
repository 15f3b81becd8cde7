"""How a drawn face moves: what animators do and filmed faces do not."""

from __future__ import annotations

from typing import Literal

from vasa_avatar.performance_style import DrawnManner
from vasa_avatar.profiles.record import Record


class DrawingSettings(Record):
    """Only drawn faces heed it."""

    mouths: Literal["held", "smooth"] = "held"
    """held: speech is a few clear mouths, as animators draw it; smooth: it flows as in film"""
    arched_eyes: bool = True
    """great joy shuts the eyes to arches: ^^"""
    squeezed_eyes: bool = True
    """pain and a burst of laughter squeeze the eyes together: ><"""

    def manner(self) -> DrawnManner:
        """The same for a stream."""
        return DrawnManner(self.mouths == "held", self.arched_eyes, self.squeezed_eyes)
