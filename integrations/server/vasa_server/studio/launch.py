"""Starts the studio: a server of its own on this machine, with the page opened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from vasa_avatar.profiles import load_profile
from vasa_server.host.launch import run_server
from vasa_server.host.limits import ServerOptions
from vasa_server.studio.desk import Studio
from vasa_server.studio.draft_source import DraftSource


def run_studio(
    options: ServerOptions | None = None,
    *,
    character: str = "",
    root: Path | None = None,
    open_page: bool = True,
    tell: Callable[[str], None] = lambda line: None,
) -> None:
    """Serve the studio until interrupted.

    Args:
        options: address and limits; loopback only, unless it has a token.
        character: id or path of a character to begin with.
        root: where characters are saved; the user's own folder when None.
        open_page: open the page in the default browser.
        tell: takes lines for the person who started this.

    Raises:
        ProfileError, ValueError: no such character, or unsafe options.
        OSError: the port is taken.
    """
    if character:
        load_profile(character)
    source = DraftSource()
    run_server(
        options,
        source=source,
        open_page=open_page,
        page_path="studio",
        tell=tell,
        annex=Studio(source, root, character),
    )
