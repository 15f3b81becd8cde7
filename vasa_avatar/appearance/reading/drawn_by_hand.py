"""Points that a person set on a picture to the forty points of a drawn face.

The file is JSON, places in pixels of the picture:

    {"right_eye": [[x, y] outer corner, inner corner, highest, lowest],
     "left_eye": likewise, "mouth": [right corner, left corner, highest, lowest],
     "chin": [x, y], "outline": [right cheek, left cheek] at the eyes' height}

"Right" is the character's own, on the viewer's left. `right_iris`, `left_iris`, `nose` (one point)
and `right_brow`, `left_brow` (outer end, middle, inner end) may be there too; a mouth of two
points is one stroke.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from vasa_avatar.datatypes import F32, F64
from vasa_avatar.errors import PortraitError
from vasa_avatar.geometry.drawn_layout import (
    CHIN,
    ENDS,
    IRIS,
    LEFT_BROW,
    LEFT_EYE,
    MOUTH,
    N_POINTS,
    NOSE,
    OUTLINE,
    RIGHT_BROW,
    RIGHT_EYE,
)

_COUNTS = {"right_eye": (4,), "left_eye": (4,), "mouth": (2, 4), "chin": (1,), "outline": (2,)}
_OPTIONAL = {"right_iris": (1,), "left_iris": (1,), "nose": (1,), "right_brow": (3,),
             "left_brow": (3,)}  # fmt: skip
_CORNER_HEIGHT = 0.8
"""height of an eye's or mouth's contour half way between middle and corner, over the middle's"""
_NOSE_SHARE = 0.62
"""of the way from the eyes to the mouth"""
_BROW_GAP = 0.55
"""from the eye's upper edge to the brow, over the eye's height"""
_JAW = ((0.45, 0.94), (0.8, 0.66))
"""share of the way from cheeks to chin, and the face's half width there over that at the cheeks"""


def read_points(path: Path | str) -> F32:
    """(40, 2) the face that a points file marks.

    Raises:
        PortraitError: the file is missing, no JSON, or lacks a part.
    """
    try:
        marks = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise PortraitError("bad_points", f"there is no points file {path}") from error
    except (OSError, ValueError) as error:
        raise PortraitError("bad_points", f"{path} is no JSON text ({error})") from error
    return points_by_hand(_checked(path, marks))


def points_by_hand(marks: dict[str, F64]) -> F32:
    """(40, 2) from named parts, see the file's format; what is not marked is put where it belongs.

    Args:
        marks: (n, 2) each.
    """
    points = np.empty((N_POINTS, 2))
    mouth = marks["mouth"] if len(marks["mouth"]) == 4 else _stroke(marks["mouth"])
    for name, where in (("right", RIGHT_EYE), ("left", LEFT_EYE)):
        points[where][:8] = _contour(marks[f"{name}_eye"])
        own = marks.get(f"{name}_iris")
        points[where][IRIS] = points[where][:8].mean(0) if own is None else own[0]
    points[MOUTH] = _contour(mouth)
    right, left = points[RIGHT_EYE][IRIS], points[LEFT_EYE][IRIS]
    across = (left - right) / max(float(np.linalg.norm(left - right)), 1e-6)
    down = np.array([-across[1], across[0]])
    for name, where, eye in (("right", RIGHT_BROW, RIGHT_EYE), ("left", LEFT_BROW, LEFT_EYE)):
        line = points[eye][[0, 2, 4]]
        height = max(float((points[eye][6] - points[eye][2]) @ down), 1.0)
        level = float(points[eye][2] @ down) - _BROW_GAP * height
        above = line + (level - line @ down)[:, None] * down
        points[where] = marks.get(f"{name}_brow", above)
    middle = (right + left) / 2
    nose = middle + _NOSE_SHARE * (points[MOUTH].mean(0) - middle)
    points[NOSE] = marks["nose"][0] if "nose" in marks else nose
    points[OUTLINE] = _outline(marks["outline"], marks["chin"][0])
    points[CHIN] = marks["chin"][0]
    return points.astype(np.float32)


def _contour(ends: F64) -> F64:
    """(8, 2) around a part, from its corners and its highest and lowest points (4, 2)."""
    one, other, top, bottom = ends
    ring = np.empty((8, 2))
    ring[ENDS] = one, other, top, bottom
    for between, corner, middle in ((1, one, top), (3, other, top), (5, other, bottom),
                                    (7, one, bottom)):  # fmt: skip
        chord = (one + other) / 2
        lift = middle - chord
        ring[between] = (chord + corner) / 2 + _CORNER_HEIGHT * lift
    return ring


def _stroke(corners: F64) -> F64:
    middle = corners.mean(0)
    return np.stack([corners[0], corners[1], middle, middle])


def _outline(cheeks: F64, chin: F64) -> F64:
    """(7, 2) from the right cheek by the chin to the left one."""
    middle = cheeks.mean(0)
    sides = []
    for cheek in cheeks:
        line = [cheek]
        for share, width in _JAW:
            line.append(middle + share * (chin - middle) + width * (cheek - middle))
        sides.append(np.stack(line))
    return np.concatenate([sides[0], chin[None], sides[1][::-1]])


def _checked(path: Path | str, marks: object) -> dict[str, F64]:
    """The file's parts as arrays, all of them there and finite."""
    if not isinstance(marks, dict):
        raise PortraitError("bad_points", f"{path} holds no object of named points")
    unknown = sorted(set(marks) - set(_COUNTS) - set(_OPTIONAL))
    missing = sorted(set(_COUNTS) - set(marks))
    if unknown or missing:
        raise PortraitError(
            "bad_points",
            f"{path} lacks {missing} and has {unknown} too many; expected {sorted(_COUNTS)} and "
            f"perhaps {sorted(_OPTIONAL)}",
        )
    checked = {}
    for name, value in marks.items():
        counts = (_COUNTS | _OPTIONAL)[name]
        try:
            places = np.asarray(value, np.float64).reshape(-1, 2)
        except (TypeError, ValueError):
            places = np.empty((0, 2))
        if len(places) not in counts or not np.isfinite(places).all():
            wanted = " or ".join(str(count) for count in counts)
            raise PortraitError(
                "bad_points", f"{path}: {name} is {value!r}; expected {wanted} points [x, y]"
            )
        checked[name] = places
    return checked
