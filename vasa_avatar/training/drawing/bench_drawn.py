"""How well drawn faces are found and read: held-out drawings, labelled pictures, none at all.

    python -m vasa_avatar.training.drawing.bench_drawn --labels labels.json --pictures FOLDER

A part is usable when each of its four sides (outermost points across and along the face) lies
within a fifth of its longer side of where it belongs (within MIN_TOLERANCE_PX at least: labels are
no finer). How high the corners of a tall round eye lie is anybody's guess and is not asked, nor
where a side lies that hair covers.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from vasa_avatar.appearance.reading import DrawnFace, find_drawn_faces
from vasa_avatar.datatypes import F32
from vasa_avatar.geometry.drawn_layout import ENDS, LEFT_EYE, MOUTH, RIGHT_EYE
from vasa_avatar.training.drawing.pool import HELD_OUT_SEED
from vasa_avatar.training.drawing.scene import draw_picture

TOLERANCE = 0.2
MIN_TOLERANCE_PX = 1.5
MIN_HALF_WIDTH_PX = 25.0
"""of the drawn faces that are counted"""
MIN_SHOWN = 0.9
MIN_SEEN = 0.5
_PARTS = {"right_eye": RIGHT_EYE, "left_eye": LEFT_EYE, "mouth": MOUTH}


@dataclass(slots=True)
class Count:
    """What was found in a set of pictures."""

    faces: int = 0
    found: int = 0
    eyes: int = 0
    eyes_usable: int = 0
    mouths: int = 0
    mouths_usable: int = 0
    wrong: list[str] = field(default_factory=list)
    """names of what was not usable"""

    def __str__(self) -> str:
        return (
            f"faces {self.found}/{self.faces}, eyes {self.eyes_usable}/{self.eyes}, "
            f"mouths {self.mouths_usable}/{self.mouths}"
        )


def is_usable(found_px: F32, wanted_px: F32, roll_rad: float, seen: F32 | None = None) -> bool:
    """True where each of a part's sides is near its place.

    Args:
        found_px: (4, 2) two ends across the face, the highest and the lowest point.
        wanted_px: (4, 2) likewise.
        roll_rad: of the face, clockwise.
        seen: (4,) 0..1 how far each is uncovered; all are when None.
    """
    c, s = np.cos(roll_rad), np.sin(roll_rad)
    turn = np.array([[c, -s], [s, c]])
    wanted, off = wanted_px @ turn, (found_px - wanted_px) @ turn
    size = max(float(np.ptp(wanted[:, 0])), float(np.ptp(wanted[:, 1])))
    sides = np.abs(np.concatenate([off[:2, 0], off[2:, 1]]))
    if seen is not None:
        sides = sides[seen > MIN_SEEN]
    return float(sides.max(initial=0.0)) <= max(TOLERANCE * size, MIN_TOLERANCE_PX)


def _nearest(faces: list[DrawnFace], eyes_px: F32) -> DrawnFace | None:
    """The face whose eyes lie at these two points."""
    apart = float(np.linalg.norm(eyes_px[1] - eyes_px[0]))
    for face in faces:
        own = np.stack([face.points_px[RIGHT_EYE].mean(0), face.points_px[LEFT_EYE].mean(0)])
        if np.linalg.norm(own - eyes_px, axis=1).max() < 0.5 * apart:
            return face
    return None


def _judge(
    count: Count,
    name: str,
    faces: list[DrawnFace],
    parts: dict[str, F32 | None],
    seen: dict[str, F32] | None = None,
) -> None:
    """Add one face's parts, (4, 2) each or None where hidden, to a count; `seen` as in
    `is_usable`."""
    right, left = parts["right_eye"], parts["left_eye"]
    if right is None or left is None:
        return
    count.faces += 1
    face = _nearest(faces, np.stack([right.mean(0), left.mean(0)]))
    if face is None:
        count.wrong.append(f"{name}: not found")
    else:
        count.found += 1
    across = left.mean(0) - right.mean(0)
    roll = float(np.arctan2(across[1], across[0]))
    for part, wanted in parts.items():
        if wanted is None:
            continue
        found = None if face is None else face.points_px[_PARTS[part]][ENDS]
        shown = None if seen is None else seen[part]
        good = found is not None and is_usable(found, wanted, roll, shown)
        if part == "mouth":
            count.mouths, count.mouths_usable = count.mouths + 1, count.mouths_usable + good
        else:
            count.eyes, count.eyes_usable = count.eyes + 1, count.eyes_usable + good
        if not good:
            count.wrong.append(f"{name}: {part}")


def count_labelled(labels: Path, folder: Path) -> Count:
    """Pictures with points by hand: a JSON of name -> part -> [outer, inner, top, bottom, iris].

    Only the face found first counts: the one that an avatar is made from.
    """
    count = Count()
    for name, known in json.loads(labels.read_text()).items():
        image = cv2.imread(str(folder / name))
        if image is None:
            raise FileNotFoundError(f"{folder / name} cannot be read")
        parts: dict[str, F32 | None] = {
            part: np.array(known[part][:4], np.float32)
            for part in ("right_eye", "left_eye", "mouth")
        }
        first = find_drawn_faces(np.asarray(image[..., ::-1], np.uint8))[:1]
        _judge(count, name, first, parts)
    return count


def count_drawings(n: int) -> Count:
    """Held-out drawings: each picture's largest face, if large and uncovered enough."""
    count, seed = Count(), HELD_OUT_SEED
    while count.faces < n:
        picture = draw_picture(seed)
        seed += 1
        for face in picture.faces[:1]:
            if face.scale_px < MIN_HALF_WIDTH_PX or face.shown < MIN_SHOWN:
                continue
            parts: dict[str, F32 | None] = {}
            seen: dict[str, F32] = {}
            for part, where in _PARTS.items():
                uncovered = face.is_seen[where].mean() > MIN_SEEN
                seen[part] = face.is_seen[where][ENDS].astype(np.float32)
                parts[part] = face.points_px[where][ENDS] if uncovered else None
            _judge(count, f"drawing {seed - 1}", find_drawn_faces(picture.rgb), parts, seen)
    return count


def count_empty(n: int) -> list[str]:
    """Held-out pictures without a face in which one is found."""
    return [
        f"empty {seed}"
        for seed in range(HELD_OUT_SEED, HELD_OUT_SEED + n)
        if find_drawn_faces(draw_picture(seed, with_faces=False).rgb)
    ]


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labels", type=Path)
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--drawings", type=int, default=200)
    args = parser.parse_args()
    if args.labels:
        labelled = count_labelled(args.labels, args.pictures)
        print(f"labelled pictures: {labelled}", *labelled.wrong, sep="\n  ")
    if args.drawings:
        drawn = count_drawings(args.drawings)
        print(f"held-out drawings: {drawn}", *drawn.wrong, sep="\n  ")
        empty = count_empty(args.drawings)
        print(f"without a face: found in {len(empty)} of {args.drawings}", *empty, sep="\n  ")


if __name__ == "__main__":
    main()
