"""Pictures drawn beforehand, on disk, so that a training need not wait for the artist.

python -m vasa_avatar.training.drawing.pool POOL --first 0 --count 6000 --processes 2
"""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from vasa_avatar.datatypes import F32, U8
from vasa_avatar.geometry.drawn_layout import N_POINTS
from vasa_avatar.training.drawing.scene import SIDE_PX, draw_picture

CHUNK = 250
MAX_FACES = 6
NO_FACE_EVERY = 8
"""One picture in so many has no face."""
MISSES_FILE = "misses.npy"
"""squares that a finder took for faces, see misses.py; not always there"""
HELD_OUT_SEED = 10_000_000
"""Seeds from here on are never trained on."""


@dataclass(frozen=True, slots=True, eq=False)
class KnownFace:
    """One face of a pooled picture."""

    points_px: F32
    """(40, 2)"""
    is_seen: F32
    """(40,)"""
    box_px: F32
    """(5,) see figure.DrawnFace"""
    states: F32
    """(5,) right and left eye closed, mouth open, share shown, half face width in pixels"""


@dataclass(frozen=True, slots=True, eq=False)
class PooledPicture:
    """One picture of the pool; arrays are read-only views."""

    rgb: U8
    labels: U8
    faces: tuple[KnownFace, ...]


class Pool:
    """All chunks in a folder; a chunk is there once its last file is.

    Args:
        folder: what `write_chunk` filled.
        photos: a folder of photographs, with faces or without: none of what they show is a drawn
            face. None are needed.
    """

    def __init__(self, folder: Path, photos: Path | None = None) -> None:
        self.folder = folder
        found = [] if photos is None else sorted(photos.iterdir())
        pictures = [cv2.imread(str(path)) for path in found]
        self.photos: list[U8] = [
            np.ascontiguousarray(picture[..., ::-1]) for picture in pictures if picture is not None
        ]
        """(H, W, 3) each"""
        misses = folder / MISSES_FILE
        self.misses: F32 = np.load(misses) if misses.exists() else np.zeros((0, 5), np.float32)
        """(n, 5) picture, centre x, y, side and clockwise turn"""
        self._chunks: list[tuple[U8, U8, F32, U8]] = []
        self._known: set[str] = set()
        self.refresh()

    def refresh(self) -> int:
        """Take in chunks that have been written since; the number of pictures."""
        for path in sorted(self.folder.glob("faces_*.npz")):
            if path.name in self._known:
                continue
            name = path.stem.removeprefix("faces_")
            rgb = np.load(self.folder / f"rgb_{name}.npy", mmap_mode="r")
            labels = np.load(self.folder / f"labels_{name}.npy", mmap_mode="r")
            with np.load(path) as known:
                self._chunks.append((rgb, labels, known["faces"], known["counts"]))
            self._known.add(path.name)
        return len(self)

    def __len__(self) -> int:
        return CHUNK * len(self._chunks)

    def __getitem__(self, index: int) -> PooledPicture:
        rgb, labels, faces, counts = self._chunks[index // CHUNK]
        i = index % CHUNK
        known = [_unpack(row) for row in faces[i, : counts[i]]]
        return PooledPicture(rgb[i], labels[i], tuple(known))


def _unpack(row: F32) -> KnownFace:
    points, seen, rest = row[: 2 * N_POINTS], row[2 * N_POINTS : 3 * N_POINTS], row[3 * N_POINTS :]
    return KnownFace(points.reshape(N_POINTS, 2), seen, rest[:5], rest[5:])


def write_chunk(folder: Path, first_seed: int, is_hard: bool = False) -> None:
    """Draw CHUNK pictures and write them; without effect where they are there."""
    name = f"{first_seed:09d}"
    if (folder / f"faces_{name}.npz").exists():
        return
    rgb = np.empty((CHUNK, SIDE_PX, SIDE_PX, 3), np.uint8)
    labels = np.empty((CHUNK, SIDE_PX, SIDE_PX), np.uint8)
    faces = np.zeros((CHUNK, MAX_FACES, 3 * N_POINTS + 10), np.float32)
    counts = np.zeros(CHUNK, np.uint8)
    for i in range(CHUNK):
        seed = first_seed + i
        with_faces = seed % NO_FACE_EVERY != NO_FACE_EVERY - 1
        picture = draw_picture(seed, with_faces=with_faces, is_hard=is_hard)
        rgb[i], labels[i] = picture.rgb, picture.labels
        counts[i] = min(MAX_FACES, len(picture.faces))
        for j, face in enumerate(picture.faces[:MAX_FACES]):
            states = [*face.eye_closed, face.mouth_open, face.shown, face.scale_px]
            faces[i, j] = np.concatenate(
                [face.points_px.ravel(), face.is_seen, face.box_px, np.array(states, np.float32)]
            )
    np.save(folder / f"rgb_{name}.npy", rgb)
    np.save(folder / f"labels_{name}.npy", labels)
    temporary = folder / f"writing_{name}.npz"
    np.savez(temporary, faces=faces, counts=counts)
    temporary.rename(folder / f"faces_{name}.npz")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=6000)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--hard", action="store_true", help="mouths small, faint or broken")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    start_s = time.monotonic()
    firsts = range(args.first, args.first + args.count, CHUNK)
    with ProcessPoolExecutor(args.processes, initializer=cv2.setNumThreads, initargs=(1,)) as pool:
        write = partial(write_chunk, args.folder, is_hard=args.hard)
        drawn = pool.map(write, firsts)
        for done, _ in enumerate(drawn, 1):
            print(f"{done * CHUNK} pictures, {time.monotonic() - start_s:.0f} s", flush=True)


if __name__ == "__main__":
    main()
