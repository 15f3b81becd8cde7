"""A sheet of the artist's pictures with their points, to look at.

python -m vasa_avatar.training.drawing.contact_sheet sheet.png --first 0 --points
"""

from __future__ import annotations

import argparse

import cv2
import numpy as np

from vasa_avatar.datatypes import U8
from vasa_avatar.geometry import drawn_layout as names
from vasa_avatar.training.drawing.scene import DrawnPicture, draw_picture

_COLOURS = [
    (names.RIGHT_EYE, (0, 160, 0)),
    (names.LEFT_EYE, (0, 160, 0)),
    (names.RIGHT_BROW, (200, 0, 200)),
    (names.LEFT_BROW, (200, 0, 200)),
    (names.MOUTH, (220, 0, 0)),
    (names.OUTLINE, (0, 80, 255)),
]


def with_points(picture: DrawnPicture) -> U8:
    """The picture with its points; hollow where they are hidden."""
    image = picture.rgb.copy()
    for face in picture.faces:
        for part, colour in _COLOURS:
            for point, seen in zip(face.points_px[part], face.is_seen[part], strict=True):
                at = (int(point[0] * 16), int(point[1] * 16))
                cv2.circle(image, at, 24, colour, -1 if seen else 1, cv2.LINE_AA, 4)
    return image


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--columns", type=int, default=5)
    parser.add_argument("--rows", type=int, default=4)
    parser.add_argument("--points", action="store_true")
    parser.add_argument("--no-faces", action="store_true")
    args = parser.parse_args()
    tiles = []
    for seed in range(args.first, args.first + args.columns * args.rows):
        picture = draw_picture(seed, with_faces=not args.no_faces)
        tiles.append(with_points(picture) if args.points else picture.rgb)
    rows = [np.hstack(tiles[i : i + args.columns]) for i in range(0, len(tiles), args.columns)]
    cv2.imwrite(args.out, np.vstack(rows)[..., ::-1])


if __name__ == "__main__":
    main()
