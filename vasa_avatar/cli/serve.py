"""Serve live characters over WebSocket, with a page for the browser."""

from __future__ import annotations

import argparse

SUMMARY = "live characters over WebSocket, with a browser page"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to listen; the server knows the rest."""
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (this machine only)"
    )
    parser.add_argument("--port", type=int, default=8765, help="port (8765)")
    parser.add_argument("--token", help="clients must present this; needed beyond this machine")
    parser.add_argument("--open", action="store_true", help="open the page in the browser")


def run(arguments: argparse.Namespace) -> None:
    """Serve until interrupted."""
    from vasa_avatar.cli.app import UsageError

    if arguments.host not in ("127.0.0.1", "::1", "localhost") and not arguments.token:
        raise UsageError(f"--host {arguments.host} is open to others; give a --token as well")
    serve_page(arguments.host, arguments.port, arguments.token, open_page=arguments.open)


def serve_page(host: str, port: int, token: str | None, *, open_page: bool) -> None:
    """Run the server until interrupted.

    Raises:
        UsageError: the server's own package is not installed.
    """
    from vasa_avatar.cli.app import UsageError

    try:
        from vasa_server import serve_forever
    except ImportError as problem:
        raise UsageError(
            f'the server needs: pip install "vasa-avatar[server]" ({problem})'
        ) from None
    serve_forever(host=host, port=port, token=token, open_page=open_page)
