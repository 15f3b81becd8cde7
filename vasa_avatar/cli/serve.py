"""Serve live characters over WebSocket, with a page for the browser."""

from __future__ import annotations

import argparse
import os
import sys
from types import ModuleType

_MOST_WORKERS = 64
SUMMARY = "live characters over WebSocket, with a browser page"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to listen and how much to serve."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (this machine)")
    parser.add_argument("--port", type=int, default=8765, help="port (8765); 0 for any free one")
    parser.add_argument("--token", help="clients must present this; needed beyond this machine")
    parser.add_argument("--max-sessions", type=int, default=8, metavar="N", help="at once (8)")
    parser.add_argument(
        "--workers", type=int, default=None, metavar="N",
        help="processes behind the port (one a core on Linux; elsewhere one serves)",
    )  # fmt: skip
    parser.add_argument(
        "--allow-host", action="append", default=[], metavar="NAME",
        help="a name under which browsers reach this server; may be given several times",
    )  # fmt: skip
    parser.add_argument(
        "--allow-origin", action="append", default=[], metavar="URL",
        help="a site whose pages may connect, such as https://me.example.org; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--trust-proxy", action="store_true",
        help="behind a proxy of your own: believe its X-Forwarded-Host, -Port and -Proto",
    )  # fmt: skip
    parser.add_argument(
        "--path-prefix", default="", metavar="/PATH", help="where a proxy puts the server"
    )
    parser.add_argument("--log-json", action="store_true", help="write the log as lines of JSON")
    parser.add_argument("--open", action="store_true", help="open the page in the browser")


def run(arguments: argparse.Namespace) -> None:
    """Serve until interrupted."""
    from pydantic import ValidationError

    from vasa_avatar.cli.app import UsageError

    if arguments.host not in ("127.0.0.1", "::1", "localhost") and not arguments.token:
        raise UsageError(f"--host {arguments.host} is open to others; give a --token as well")
    server = import_server()
    if arguments.log_json:
        server.log_as_json()
    try:
        options = server.ServerOptions(
            host=arguments.host,
            port=arguments.port,
            token=arguments.token,
            allowed_hosts=tuple(arguments.allow_host),
            allowed_origins=tuple(arguments.allow_origin),
            trust_proxy=arguments.trust_proxy,
            path_prefix=arguments.path_prefix,
            max_sessions=arguments.max_sessions,
        )
    except ValidationError as problem:
        fault = problem.errors()[0]
        raise UsageError(f"--{_option(str(fault['loc'][0]))}: {fault['msg']}") from problem
    workers = arguments.workers
    if workers is None:
        workers = len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1
    if not 1 <= workers <= _MOST_WORKERS:
        raise UsageError(f"--workers {workers} is out of range; expected 1 to {_MOST_WORKERS}")
    server.run_server(options, open_page=arguments.open, workers=workers, tell=print)


def _option(field: str) -> str:
    """How the command line calls one of the server's options."""
    named = {"allowed_hosts": "allow-host", "allowed_origins": "allow-origin"}
    return named.get(field, field.replace("_", "-"))


def import_server() -> ModuleType:
    """The server's package.

    Raises:
        UsageError: it, or what it needs, is not installed.
    """
    from vasa_avatar.cli.app import UsageError

    try:
        import vasa_server
        import websockets  # noqa: F401
    except ImportError as problem:
        raise UsageError(
            f'the server needs: pip install "vasa-avatar[server]" ({problem})'
        ) from None
    return vasa_server
