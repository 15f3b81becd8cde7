"""Make characters in the browser: drop a portrait or a card, see it live, talk to it, save it."""

from __future__ import annotations

import argparse
from pathlib import Path

SUMMARY = "make characters in the browser"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The character to begin with, and where to listen."""
    parser.add_argument("id", nargs="?", default="", help="id or folder of a character to open")
    parser.add_argument(
        "--in", dest="root", metavar="FOLDER", help="where characters are saved (your own folder)"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (this machine)")
    parser.add_argument("--port", type=int, default=8766, help="port (8766); 0 for any free one")
    parser.add_argument("--token", help="pages must present this; needed beyond this machine")
    parser.add_argument("--no-open", action="store_true", help="do not open the browser")


def run(arguments: argparse.Namespace) -> None:
    """Serve until interrupted."""
    from pydantic import ValidationError

    from vasa_avatar.cli.app import UsageError
    from vasa_avatar.cli.serve import import_server

    if arguments.host not in ("127.0.0.1", "::1", "localhost") and not arguments.token:
        raise UsageError(f"--host {arguments.host} is open to others; give a --token as well")
    server = import_server()
    try:
        options = server.ServerOptions(
            host=arguments.host, port=arguments.port, token=arguments.token
        )
    except ValidationError as problem:
        fault = problem.errors()[0]
        raise UsageError(f"--{fault['loc'][0]}: {fault['msg']}") from problem
    server.run_studio(
        options,
        character=arguments.id,
        root=Path(arguments.root) if arguments.root else None,
        open_page=not arguments.no_open,
        tell=print,
    )
