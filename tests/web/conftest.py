"""One Chromium with WebGL2 for the tests that draw."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chromium import GL_FLAGS, running_chromium
from flat_avatar import flat_avatar
from web_rig import file_server

from vasa_avatar.appearance import Avatar, load_avatar
from vasa_avatar.browser import vface_bytes

CHARACTERS = Path(__file__).parents[2] / "character_profiles"


@pytest.fixture(scope="module")
def avatars() -> dict[str, Avatar]:
    """The shipped ones, by name."""
    return {path.parent.name: load_avatar(path) for path in CHARACTERS.glob("*/avatar.npz")}


@pytest.fixture(scope="module")
def faces(avatars: dict[str, Avatar]) -> dict[str, bytes]:
    """Their files, and a flat one, by path."""
    files = {f"/{name}.vface": vface_bytes(avatar) for name, avatar in avatars.items()}
    plain = {
        f"/{name}_plain.vface": vface_bytes(avatars[name], mark=None) for name in ("leo", "mika")
    }
    return {**files, **plain, "/flat.vface": vface_bytes(flat_avatar())}


@pytest.fixture(scope="module")
def page(faces: dict[str, bytes]) -> Iterator[Any]:
    """A page beside the module and the faces; an error in it fails the test."""
    with file_server(faces) as url, running_chromium(*GL_FLAGS) as browser:
        opened = browser.new_page()
        problems: list[str] = []
        opened.on("pageerror", lambda error: problems.append(str(error)))
        opened.goto(url)
        yield opened
        assert problems == []
