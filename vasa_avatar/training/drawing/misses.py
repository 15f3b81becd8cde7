"""Where the finder takes something for a face that is none: what the points net must refuse.

    python -m vasa_avatar.training.drawing.misses POOL

Looks at the pool's pictures without faces with the nets in the package, and beside faces in the
others; squares go into POOL/misses.npy, which a training of the points net reads.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from vasa_avatar.appearance.reading import FACE_MARGIN, load_drawn_nets
from vasa_avatar.datatypes import F32
from vasa_avatar.training.drawing.pool import MISSES_FILE, Pool

LOOKS = 3
"""boxes taken of a picture, the surest first"""
NEAR = 0.7
"""a box whose middle is so near to a face's, over the face's size, is no miss"""


def find_misses(folder: Path, every: int, share: tuple[int, int] = (0, 1)) -> F32:
    """(n, 5) picture, centre x, y, side and clockwise turn of squares that hold no face.

    Args:
        folder: a pool of drawings.
        every: of the pictures with faces, one in so many is looked at.
        share: which of how many shares of the pictures.
    """
    pool, nets, rows = Pool(folder), load_drawn_nets(), []
    which, shares = share
    for index in range(which * len(pool) // shares, (which + 1) * len(pool) // shares):
        picture = pool[index]
        if picture.faces and index % every:
            continue
        for box in nets.find(np.asarray(picture.rgb))[:LOOKS]:
            apart = [
                float(np.hypot(face.box_px[0] - box.x, face.box_px[1] - box.y))
                / max(float(face.box_px[2:4].max()), 1.0)
                for face in picture.faces
            ]
            if min(apart, default=9.0) > NEAR:
                side = max(box.width, box.height) * FACE_MARGIN
                rows.append([index, box.x, box.y, side, box.angle_rad])
    return np.array(rows, np.float32).reshape(-1, 5)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pool", type=Path)
    parser.add_argument("--every", type=int, default=8)
    parser.add_argument("--processes", type=int, default=1)
    args = parser.parse_args()
    shares = [(which, args.processes) for which in range(args.processes)]
    with ProcessPoolExecutor(args.processes) as workers:
        parts = workers.map(partial(find_misses, args.pool, args.every), shares)
        found = np.concatenate(list(parts))
    np.save(args.pool / MISSES_FILE, found)
    print(f"{len(found)} squares")


if __name__ == "__main__":
    main()
