"""One clean portrait: the same artist without clutter, without wear, looking at the viewer.

    python -m vasa_avatar.training.drawing.portrait 812 portrait.png

draws what a seed says; the drawn character that ships was made so.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from vasa_avatar.training.drawing.dice import between
from vasa_avatar.training.drawing.figure import draw_figure, known_face
from vasa_avatar.training.drawing.paper import Gradient, Paper
from vasa_avatar.training.drawing.scene import DrawnPicture
from vasa_avatar.training.drawing.style import hsv

SIDE_PX = 768
FACE_SHARE = 0.225
"""half the face's width over the picture's side"""


def draw_portrait(seed: int, side_px: int = SIDE_PX) -> DrawnPicture:
    """Draw one figure before a plain ground.

    Args:
        seed: decides everything.
        side_px: of the square picture.
    """
    rng = np.random.default_rng([20261129, seed])
    hue = rng.random()
    light = hsv(hue, between(rng, 0.04, 0.16), between(rng, 0.9, 1.0))
    dark = hsv(hue + 0.05, between(rng, 0.15, 0.35), between(rng, 0.75, 0.95))
    paper = Paper(side_px, side_px, light)
    corners = np.array([[0, 0], [side_px, 0], [side_px, side_px], [0, side_px]], np.float32)
    paper.fill(corners, Gradient(corners[0], corners[3], light, dark))
    figure = draw_figure(paper, rng, side_px / 2, 0.5 * side_px, FACE_SHARE * side_px, 1, calm=True)
    face = known_face(paper, figure)
    return DrawnPicture(paper.finish(), paper.labels[::2, ::2], (face,))


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seed", type=int)
    parser.add_argument("out", type=Path)
    parser.add_argument("--side", type=int, default=SIDE_PX)
    args = parser.parse_args()
    cv2.imwrite(str(args.out), draw_portrait(args.seed, args.side).rgb[..., ::-1])


if __name__ == "__main__":
    main()
