"""A file is written beside its place and takes it when it is whole.

Until then what stood there stays as it was, and after a failure nothing new is left behind.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""what a write to an open file says without naming the file"""
_NO_SYNC = (errno.EINVAL, errno.ENOTSUP)
"""what file systems say that cannot flush one file"""
_NAME_CHARACTERS = 40
"""of the file's own name kept in that of its part: at most 160 of 255 bytes"""


class OutputFile:
    """A file to be written: into `part`, then `commit` or `discard`."""

    def __init__(self, path: str | Path) -> None:
        """Make an empty part beside the file, and the folders above it.

        Raises:
            OSError: something other than a writable file is there, or none can be made.
        """
        check_output_file(path)
        self.path = Path(path)
        self._place = Path(os.path.realpath(path))
        try:
            self._place.parent.mkdir(parents=True, exist_ok=True)
            self.part = part_beside(self._place)
            os.close(os.open(self.part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        except OSError as problem:
            raise named_after(self.path, problem) from problem
        self._remove = weakref.finalize(self, _remove_file, self.part)

    def commit(self) -> None:
        """Put the part in the file's place, with the rights that the old file had.

        Raises:
            OSError: it cannot be done; the part is left to `discard`.
        """
        try:
            _flush_to_disk(self.part)
            with contextlib.suppress(FileNotFoundError):
                self.part.chmod(stat.S_IMODE(self._place.stat().st_mode))
            os.replace(self.part, self._place)
        except OSError as problem:
            raise named_after(self.path, problem) from problem
        self._remove.detach()

    def discard(self) -> None:
        """Remove the part, if it is still there."""
        self._remove()


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """Yield the name to write to; `path` is replaced when the block ends well.

    Raises:
        OSError: the file cannot be written; the error names `path`.
    """
    output = OutputFile(path)
    try:
        yield output.part
        output.commit()
    except OSError as problem:
        if problem.filename == str(output.part) or (
            problem.filename is None and problem.errno in _FULL
        ):
            raise named_after(path, problem) from problem
        raise
    finally:
        output.discard()


def check_output_file(path: str | Path) -> None:
    """Whether a file can be written there, as far as can be told before.

    Raises:
        OSError: a folder, a pipe, a device or a write-protected file is there.
    """
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "is a folder; expected a file's name", str(path))
    if not stat.S_ISREG(mode):
        raise OSError(errno.ESPIPE, "is a pipe or a device; expected the name of a file", str(path))
    if not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, "is write-protected", str(path))


def part_beside(place: Path) -> Path:
    """A free name in the same folder, with the same ending; hidden where dots hide."""
    head = place.name[:_NAME_CHARACTERS]
    return place.with_name(f".{head}.{secrets.token_hex(4)}.part{place.suffix}")


def named_after(path: str | Path, problem: OSError) -> OSError:
    """The same error, about the file that was asked for."""
    if problem.errno is None:
        return OSError(f"{path} could not be written ({problem})")
    return OSError(problem.errno, problem.strerror, str(path))


def _flush_to_disk(part: Path) -> None:
    """Some file systems say only now that they are full."""
    with part.open("rb+") as file:
        try:
            os.fsync(file.fileno())
        except OSError as problem:
            if problem.errno not in _NO_SYNC:
                raise


def _remove_file(part: Path) -> None:
    with contextlib.suppress(OSError):
        part.unlink()
