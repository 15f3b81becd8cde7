"""Profiles of older versions to the newest: which key has moved where.

Version 0 are the files without `version`.
"""

from __future__ import annotations

import copy
from typing import Any, Literal

from vasa_avatar.controls import CONTROLS
from vasa_avatar.profiles.yaml_file import Place

VERSION: Literal[1] = 1

_IDLE_LIVELINESS = {"calm": 0.8, "attentive": 1.0, "lively": 1.25}


def _block_of(control: str) -> str:
    return "gains" if control.endswith("_gain") else "framing"


MOVES: dict[int, tuple[tuple[Place, Place], ...]] = {
    0: (
        (("greeting",), ("persona", "greeting")),
        (("manner", "emotions"), ("emotions", "baseline")),
        (("manner", "idle"), ("temper", "liveliness")),
        *(
            (
                ("manner", spec.name),
                ("gains" if spec.name.endswith("_gain") else "framing", spec.name),
            )
            for spec in CONTROLS
        ),
    )
}
"""per version that is left: old places and new ones"""


def migrated(data: dict[str, Any], version: int) -> tuple[dict[str, Any], dict[Place, Place]]:
    """The data of a profile as version VERSION has it.

    Args:
        data: of a file, unchanged by this.
        version: 0..VERSION.

    Returns:
        The new data, and for each place that moved where it stood in the file.
    """
    data = copy.deepcopy(data)
    came_from: dict[Place, Place] = {}
    for step in range(version, VERSION):
        for old, new in MOVES[step]:
            if _has(data, old):
                _put(data, new, _translated(old, _take(data, old)))
                came_from[new] = old
        if data.get("manner") == {}:
            del data["manner"]
    data["version"] = VERSION
    return data, came_from


def written_at(place: Place, came_from: dict[Place, Place]) -> Place:
    """Where a value of the migrated data stands in the file."""
    for length in range(len(place), 0, -1):
        if place[:length] in came_from:
            return came_from[place[:length]] + place[length:]
    return place


def _translated(old: Place, value: Any) -> Any:
    if old == ("manner", "idle") and isinstance(value, str):
        return _IDLE_LIVELINESS.get(value, value)
    return value


def _has(data: Any, place: Place) -> bool:
    for key in place:
        if not isinstance(data, dict) or key not in data:
            return False
        data = data[key]
    return True


def _take(data: dict[str, Any], place: Place) -> Any:
    for key in place[:-1]:
        data = data[str(key)]
    return data.pop(str(place[-1]))


def _put(data: dict[str, Any], place: Place, value: Any) -> None:
    for key in place[:-1]:
        inner = data.setdefault(str(key), {})
        if not isinstance(inner, dict):
            return  # the record says what is wrong with it
        data = inner
    data.setdefault(str(place[-1]), value)
