"""An area between the lines of a style, as most parts of a drawing are."""

from __future__ import annotations

import numpy as np

from vasa_avatar.training.drawing.head import Head
from vasa_avatar.training.drawing.paper import Colour, Gradient, Paper, Part, Points
from vasa_avatar.training.drawing.style import Style


def draw_outlined(
    paper: Paper, head: Head, style: Style, outline: Points, colour: Colour, part: Part,
    shades: Gradient | None = None,
) -> None:  # fmt: skip
    """Fill (N, 2) pixels with a colour, or shades of it, and draw the line around them."""
    paper.fill(outline, colour if shades is None else shades, part)
    around = np.concatenate([outline, outline[:1]])
    width_px = head.length_px(style.line)
    paper.stroke(around, width_px, style.line_colour(colour), None, style.line_alpha)
