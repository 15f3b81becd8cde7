"""A YAML file to plain data with the line of every value; bombs and doubled keys are refused."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from vasa_avatar.errors import ProfileError

MOST_BYTES = 768 << 10
_MOST_NODES = 100_000
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Place = tuple[str | int, ...]
"""keys and positions from the top to a value"""


@dataclass(frozen=True, slots=True, eq=False)
class YamlFile:
    """What a file says and where."""

    path: Path
    data: dict[str, Any]
    lines: dict[Place, int]
    """from 1"""

    def line_of(self, place: Place) -> int | None:
        """The line of a value, or of what should have held it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place)


def read_yaml(path: Path) -> YamlFile:
    """Read a mapping.

    Raises:
        ProfileError: it cannot be read, is no mapping, or names a key twice.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ProfileError(f"{path} has {path.stat().st_size} bytes; at most {MOST_BYTES} do")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        first_line = str(problem).splitlines()[0]
        raise ProfileError(f"{path} cannot be read as YAML: {first_line}") from problem
    return parse_yaml(text, path)


def parse_yaml(text: str, path: Path) -> YamlFile:
    """The same from its text; `path` is for errors.

    Raises:
        ProfileError: see `read_yaml`.
    """
    try:
        root = yaml.compose(text, _Loader)
        walk = _Walk(path)
        data = None
        if root is not None:
            walk.visit(root, ())
            data = yaml.SafeLoader("").construct_document(root)
    except (yaml.YAMLError, RecursionError, ValueError) as problem:
        mark = getattr(problem, "problem_mark", None)
        where = "" if mark is None else f":{mark.line + 1}"
        first_line = " ".join(str(problem).split())[:200]
        raise ProfileError(f"{path}{where} cannot be read as YAML: {first_line}") from problem
    if not isinstance(data, dict):
        raise ProfileError(f"{path} holds {type(data).__name__}; expected keys such as id and name")
    return YamlFile(path, {str(key): value for key, value in data.items()}, walk.lines)


class _Walk:
    """Visits the nodes of a document once, with their places."""

    def __init__(self, path: Path) -> None:
        self.lines: dict[Place, int] = {}
        self._path = path
        self._left = _MOST_NODES

    def visit(self, node: yaml.Node, place: Place) -> None:
        """Note the lines of a node and all below it."""
        self._left -= 1
        if self._left < 0:  # also where few lines refer to one another many times
            raise ProfileError(f"{self._path} holds over {_MOST_NODES} values; shorten it")
        self.lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, yaml.SequenceNode):
            for position, item in enumerate(node.value):
                self.visit(item, (*place, position))
        elif isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, value in node.value:
                name = str(key.value)
                line = key.start_mark.line + 1
                if name in seen:
                    dotted = ".".join(map(str, (*place, name)))
                    raise ProfileError(f"{self._path}:{line}: {dotted} is there twice; keep one")
                seen.add(name)
                self.lines.setdefault((*place, name), line)
                self.visit(value, (*place, name))


def read_mapping(content: bytes, path: Path) -> dict[str, Any]:
    """The mapping that a YAML file's bytes hold, with the same care as a profile's.

    Raises:
        ProfileError: too large, no YAML, or no mapping.
    """
    if len(content) > MOST_BYTES:
        raise ProfileError(f"{path} has {len(content)} bytes; at most {MOST_BYTES} do")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise ProfileError(f"{path} cannot be read as YAML: {problem.reason}") from problem
    return parse_yaml(text, path).data
