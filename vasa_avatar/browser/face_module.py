"""The JavaScript module `vasa-face` that draws faces in a browser: where its files are."""

from __future__ import annotations

from collections.abc import Iterator

from vasa_avatar.folders import face_module_folder


def face_module_files() -> Iterator[tuple[str, bytes]]:
    """Path, relative to the module, and content of everything that browsers load."""
    folder = face_module_folder()
    for path in sorted([*folder.glob("*.js"), *folder.glob("adapters/*.js")]):
        yield path.relative_to(folder).as_posix(), path.read_bytes()
