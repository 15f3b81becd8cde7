"""What is wrong in a profile: file, line, key, and the nearest right spelling."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from vasa_avatar.datatypes import EMOTIONS
from vasa_avatar.profiles.migrations import MOVES, written_at
from vasa_avatar.profiles.yaml_file import Place, YamlFile


def faults_of(
    problem: ValidationError, model: type[BaseModel], file: YamlFile, came_from: dict[Place, Place]
) -> list[str]:
    """Every fault as "profile.yaml:12: voice.pich: unknown key; did you mean pitch?"."""
    told = []
    for fault in problem.errors(include_url=False, include_context=False):
        place = tuple(fault["loc"])
        message = str(fault["msg"]).removeprefix("Value error, ")
        if fault["type"] == "extra_forbidden":
            message = _of_unknown_key(str(place[-1]), model, place[:-1])
        elif fault["type"] == "missing":
            message = "is missing"
        elif "emotion is '" in message:
            message += _nearest(message.split("'")[1], EMOTIONS)
        written = written_at(place, came_from)
        told.append(fault_line(file.path, file.line_of(written), written, message))
    return list(dict.fromkeys(told))


def fault_line(path: Path, line: int | None, place: Place, message: str) -> str:
    """One fault in one line."""
    where = f"{path}:{line}" if line else str(path)
    dotted = ".".join(map(str, place)) or "profile"
    return f"{where}: {dotted}: {message}"


def _of_unknown_key(key: str, model: type[BaseModel], place: Place) -> str:
    for moves in MOVES.values():
        for old, new in moves:
            if old == (*place, key):
                return f"unknown key; since version 1 it is {'.'.join(map(str, new))}"
    known = _keys_at(model, place)
    near = _nearest(key, known)
    return "unknown key" + (near or f"; expected {', '.join(known)}" if known else "")


def _nearest(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word.lower(), list(known), 1, 0.6)
    return f"; did you mean {near[0]}?" if near else ""


def _keys_at(model: type[BaseModel], place: Place) -> list[str]:
    """The keys that the record at a place knows."""
    found: Any = model
    for part in place:
        if isinstance(found, type) and issubclass(found, BaseModel):
            field = found.model_fields.get(str(part))
            found = None if field is None else field.annotation
            if get_origin(found) not in (dict, list, tuple):
                found = next(iter(_kinds(found)), found)
        else:  # a list's position, a mapping's key
            found = next(iter(_kinds(found)), None)
    if isinstance(found, type) and issubclass(found, BaseModel):
        return list(found.model_fields)
    return []


def _kinds(annotation: Any) -> list[type[BaseModel]]:
    """Records named inside an annotation."""
    found: list[type[BaseModel]] = []
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    for part in get_args(annotation):
        found += _kinds(part)
    return found
