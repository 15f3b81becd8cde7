"""Command line to exit code: 0 done, 1 it could not be done, 2 asked for wrongly.

Each command is one module with `SUMMARY`, `add_arguments(parser)` and `run(arguments)`; what a
command needs is imported when it runs, so that `--help` answers at once.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import sys
from collections.abc import Sequence
from types import ModuleType

from vasa_avatar import __version__
from vasa_avatar.errors import VasaError

DONE, FAILED, MISUSED, INTERRUPTED = 0, 1, 2, 130
_COMMANDS = ("render", "track", "sheet", "demo", "serve", "bench", "profile", "models")


class UsageError(Exception):
    """The arguments contradict each other; the message says what to do."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the words after the program's name; those of the process when None.

    Returns:
        The exit code.
    """
    arguments = build_parser().parse_args(argv)
    logging.basicConfig(
        level=logging.DEBUG if arguments.verbose else logging.WARNING,
        format="%(levelname)s %(name)s: %(message)s" if arguments.verbose else "%(message)s",
        stream=sys.stderr,
    )
    command: ModuleType = arguments.command
    try:
        command.run(arguments)
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output has left: nobody to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except (VasaError, OSError, UsageError) as problem:
        if arguments.verbose:
            logging.getLogger(__name__).debug("here", exc_info=True)
        print(f"vasa-avatar: {_one_line(problem)}", file=sys.stderr)
        return MISUSED if isinstance(problem, UsageError) else FAILED
    return DONE


def build_parser() -> argparse.ArgumentParser:
    """The whole command line."""
    parser = argparse.ArgumentParser(
        prog="vasa-avatar",
        description="One portrait and a voice become a live talking face, on a CPU.",
    )
    parser.add_argument("--version", action="version", version=f"vasa-avatar {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name in _COMMANDS:
        module = importlib.import_module(f"vasa_avatar.cli.{name}")
        sub = commands.add_parser(name, help=module.SUMMARY, description=module.__doc__)
        sub.set_defaults(command=module)
        module.add_arguments(sub)
        sub.add_argument(
            "-v", "--verbose", action="store_true", help="say more, and where it failed"
        )
    return parser


def _one_line(problem: Exception) -> str:
    text = " ".join(str(problem).split())
    return text or type(problem).__name__
