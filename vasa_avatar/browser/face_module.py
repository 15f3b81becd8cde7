"""The JavaScript module `vasa-face` that draws faces in a browser: where its files are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent
# In an installed package the module lies inside it, in a checkout beside it.
_PLACES = (_PACKAGE / "vasa-face", _PACKAGE.parent / "web" / "vasa-face")


def face_module_folder() -> Path:
    """The folder that holds `index.js`.

    Raises:
        FileNotFoundError: the installation is not whole.
    """
    for folder in _PLACES:
        if (folder / "index.js").is_file():
            return folder
    raise FileNotFoundError(f"{_PLACES[0]} is missing; install vasa-avatar again")


def face_module_files() -> Iterator[tuple[str, bytes]]:
    """Path, relative to the module, and content of everything that browsers load."""
    folder = face_module_folder()
    for path in sorted([*folder.glob("*.js"), *folder.glob("adapters/*.js")]):
        yield path.relative_to(folder).as_posix(), path.read_bytes()
