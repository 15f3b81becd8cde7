"""JSON that comes back as it was: numbers keep their digits, and what is too large is refused.

Cards hold fields of programs that we do not know; they must survive to the last digit.
"""

from __future__ import annotations

import json
from typing import Any

from vasa_avatar.errors import CardError

MOST_BYTES = 8 << 20
_MOST_VALUES = 400_000
_DEEPEST = 200


class Digits(str):
    """A number as it was written."""

    __slots__ = ()


def parse_json(raw: bytes, called: str) -> dict[str, Any]:
    """The object that a card's text holds; its numbers are `Digits`.

    Args:
        raw: UTF-8, UTF-16 or UTF-32, with or without a mark.
        called: how errors name it.

    Raises:
        CardError: too large, no JSON, or no object.
    """
    if len(raw) > MOST_BYTES:
        raise CardError(f"{called} has {len(raw)} bytes of text; expected {MOST_BYTES} at most")
    if sum(map(raw.count, (b",", b"[", b"{"))) > _MOST_VALUES:
        raise CardError(f"{called} holds over {_MOST_VALUES} values; no card needs so many")
    try:
        text = raw.decode(json.detect_encoding(raw)).removeprefix("\ufeff")
        found = json.loads(
            text, parse_int=Digits, parse_float=Digits, parse_constant=Digits, strict=False
        )
        _check_depth(found)
    except (ValueError, RecursionError) as problem:
        first_line = str(problem).splitlines()[0][:120]
        raise CardError(f"{called} is no JSON ({first_line})") from problem
    if not isinstance(found, dict):
        raise CardError(f"{called} holds a JSON {type(found).__name__}; expected an object")
    return found


def dump_json(value: Any) -> str:
    """The text of what `parse_json` gave, changed or not."""
    parts: list[str] = []
    _write(value, parts)
    return "".join(parts)


def plain(value: Any) -> Any:
    """The same with numbers as numbers, for checking; what is no finite number becomes None."""
    if isinstance(value, Digits):
        try:
            return int(value) if len(value) < 300 and value.lstrip("-").isdigit() else float(value)
        except ValueError:
            return None
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def _check_depth(value: Any) -> None:
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > _DEEPEST:
            raise ValueError(f"nested more than {_DEEPEST} deep")
        inner: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                inner.extend(item.values())
            elif isinstance(item, list):
                inner.extend(item)
        level = inner


def _write(value: Any, parts: list[str]) -> None:
    if isinstance(value, Digits):
        parts.append(value)
    elif isinstance(value, dict):
        parts.append("{")
        for position, (key, item) in enumerate(value.items()):
            parts.append((", " if position else "") + _quoted(key) + ": ")
            _write(item, parts)
        parts.append("}")
    elif isinstance(value, list | tuple):
        parts.append("[")
        for position, item in enumerate(value):
            if position:
                parts.append(", ")
            _write(item, parts)
        parts.append("]")
    elif isinstance(value, str):
        parts.append(_quoted(value))
    else:
        parts.append(json.dumps(value))


def _quoted(text: str) -> str:
    quoted = json.dumps(text, ensure_ascii=False)
    try:
        quoted.encode()
    except UnicodeEncodeError:  # half of a pair
        return json.dumps(text)
    return quoted
