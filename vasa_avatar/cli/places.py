"""Where a command reads and writes: no output takes an input's place, and a pipe becomes a file."""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from vasa_avatar.errors import ProfileError

STANDARD = "-"
Names = Mapping[str, str]
"""attribute of the parsed arguments to what the user calls it, such as motion_out: --motion-out"""


@dataclass(frozen=True, slots=True)
class _Place:
    attribute: str
    label: str
    name: str

    def __str__(self) -> str:
        return f"{self.label} {self.name}"

    @property
    def path(self) -> Path:
        return Path(self.name)

    @property
    def is_standard(self) -> bool:
        """As it was typed: ./- is a file."""
        return self.name == STANDARD


def check_outputs(arguments: argparse.Namespace, inputs: Names, outputs: Names) -> None:
    """Refuse an output that is an input, another output, or no file's name.

    Raises:
        UsageError: what it is, and what to give instead.
    """
    from vasa_avatar.cli.app import UsageError

    read = [place for place in _places(arguments, inputs) if not place.is_standard]
    read += _files_of_profile(getattr(arguments, "profile", None))
    written: list[_Place] = []
    for place in _places(arguments, outputs):
        if place.is_standard:
            raise UsageError(
                f"{place.label} is -, the standard output; a film or picture is written beside "
                "its place first, so give a file's name (./- for a file called -)"
            )
        for other in read:
            if _would_replace(place.path, other.path):
                raise UsageError(f"{place} would replace {other}, which is read; give another name")
        for other in written:
            if _is_same(place.path, other.path):
                raise UsageError(f"{place} and {other} are the same file; give two names")
        written.append(place)


def is_page_name(path: Path) -> bool:
    """Whether a film of this name is a page."""
    return path.suffix.lower() in (".html", ".htm")


def check_film(name: str) -> None:
    """Refuse a film's name by its ending, or for what stands there.

    Raises:
        UsageError: an ending of no known format.
        OSError: something is in the way.
    """
    from vasa_avatar.cli.app import UsageError
    from vasa_avatar.media import check_sink
    from vasa_avatar.output_file import check_output_file

    if is_page_name(Path(name)):
        check_output_file(name)
        return
    try:
        check_sink(name)
    except ValueError as problem:
        raise UsageError(str(problem)) from problem


@contextmanager
def pipes_as_files(arguments: argparse.Namespace, inputs: Names) -> Iterator[None]:
    """Read what comes through pipes; a film is read more than once, and a pipe only once.

    Raises:
        UsageError: an input that is a device, or two that are the standard input.
    """
    from vasa_avatar.cli.app import UsageError

    pipes = [place for place in _places(arguments, inputs) if _is_pipe(place)]
    standard = [place.label for place in pipes if place.is_standard]
    if len(standard) > 1:
        raise UsageError(f"{' and '.join(standard)} are -; only one of them can be")
    with tempfile.TemporaryDirectory(prefix="vasa-avatar-") as folder:
        for place in pipes:
            own = Path(folder) / place.attribute
            own.mkdir()
            file = own / ("standard-input" if place.is_standard else place.path.name)
            with file.open("wb") as copy, _opened(place) as source:
                shutil.copyfileobj(source, copy)
            setattr(arguments, place.attribute, str(file))
        yield


def _places(arguments: argparse.Namespace, names: Names) -> list[_Place]:
    """What was given of these arguments.

    Raises:
        UsageError: an empty name.
    """
    from vasa_avatar.cli.app import UsageError

    found = []
    for attribute, label in names.items():
        value = getattr(arguments, attribute)
        if value == "":
            raise UsageError(f"{label} is empty; expected a file's name")
        if value is not None:
            found.append(_Place(attribute, label, value))
    return found


def _files_of_profile(name: str | None) -> list[_Place]:
    if name is None:
        return []
    from vasa_avatar.profiles import load_profile

    files = [Path(name), Path(name) / "profile.yaml"]
    with contextlib.suppress(ProfileError):  # whoever needs it says what is wrong
        profile = load_profile(name)
        files += [profile.portrait, *filter(None, [profile.avatar])]
    return [_Place("", "the character's", str(file)) for file in files if file.is_file()]


def _would_replace(output: Path, read: Path) -> bool:
    """Whether writing the output, a file or a folder of pictures, ends the file that is read."""
    if not output.is_dir():
        return _is_same(output, read)
    from vasa_avatar.media import our_names

    return any(_is_same(file, read) for file in our_names(output))


def _is_same(one: Path, other: Path) -> bool:
    """By inode where both are there, by name otherwise."""
    try:
        return os.path.samefile(one, other)
    except OSError:
        return os.path.normcase(os.path.realpath(one)) == os.path.normcase(os.path.realpath(other))


def _is_pipe(place: _Place) -> bool:
    from vasa_avatar.cli.app import UsageError

    if place.is_standard:
        return True
    try:
        mode = place.path.stat().st_mode
    except OSError:  # whoever reads it says that it is not there
        return False
    if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
        raise UsageError(f"{place} is a device; expected a file, a pipe or -")
    return stat.S_ISFIFO(mode)


@contextmanager
def _opened(place: _Place) -> Iterator[BinaryIO]:
    from vasa_avatar.cli.app import UsageError

    if not place.is_standard:
        with place.path.open("rb") as file:
            yield file
        return
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError(f"{place.label} is -, but nothing is piped in; give a file's name")
    yield sys.stdin.buffer
