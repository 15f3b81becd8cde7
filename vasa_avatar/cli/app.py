"""Command line to exit code: 0 done, 1 it could not be done, 2 asked for wrongly.

Each command is one module with `SUMMARY`, `add_arguments(parser)` and `run(arguments)`; what a
command needs is imported when it runs, so that `--help` answers at once.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType, ModuleType
from typing import NoReturn

from vasa_avatar import __version__
from vasa_avatar.cli.console import use_any_console
from vasa_avatar.errors import VasaError

DONE, FAILED, MISUSED, INTERRUPTED, TERMINATED = 0, 1, 2, 130, 143
_COMMANDS = (
    "render", "track", "sheet", "export", "demo", "serve", "studio", "bench", "profile", "models",
    "verify", "dataset", "sizing",
)  # fmt: skip
_TAKEN_FOR_OPTION = ("expected one argument", "ignored explicit argument", "unrecognized arguments")


class UsageError(Exception):
    """The arguments contradict each other; the message says what to do."""


class Terminated(KeyboardInterrupt):
    """The process was asked to end; files are left as after Ctrl-C."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the words after the program's name; those of the process when None.

    Returns:
        The exit code.
    """
    use_any_console()
    arguments = build_parser().parse_args(argv)
    logging.basicConfig(
        level=logging.DEBUG if arguments.verbose else logging.WARNING,
        format="%(levelname)s %(name)s: %(message)s" if arguments.verbose else "%(message)s",
        stream=sys.stderr,
    )
    command: ModuleType = arguments.command
    if arguments.device:
        os.environ["VASA_DEVICE"] = arguments.device
    try:
        with _ended_in_order():
            command.run(arguments)
    except Terminated:
        print("\nterminated", file=sys.stderr)
        return TERMINATED
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
    parser = _Parser(
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
            "--device", choices=("auto", "cpu", "cuda"), default=os.environ.get("VASA_DEVICE"),
            help="cuda: a graphics card draws, and computes the nets; auto: nets where CUDA is "
            "found, drawing on the processor; cpu: all on the processor (VASA_DEVICE, auto)",
        )  # fmt: skip
        sub.add_argument(
            "-v", "--verbose", action="store_true", help="say more, and where it failed"
        )
    return parser


class _Parser(argparse.ArgumentParser):
    """Says what to do about a name that looks like an option."""

    def error(self, message: str) -> NoReturn:
        if any(sign in message for sign in _TAKEN_FOR_OPTION):
            message += " (a file whose name begins with - is given as ./-name)"
        super().error(message)


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """Make signals that ask for the end leave through the code that cleans up."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise Terminated

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asking = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    # One that is ignored, as under nohup, stays ignored.
    taken = [number for number in asking if signal.getsignal(number) == signal.SIG_DFL]
    for number in taken:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


def _one_line(problem: Exception) -> str:
    text = str(problem)
    if isinstance(problem, OSError) and problem.filename is not None and problem.strerror:
        text = f"{problem.filename}: {problem.strerror}"
    return " ".join(text.split()) or type(problem).__name__
