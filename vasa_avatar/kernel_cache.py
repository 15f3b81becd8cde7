"""Compiled loops: a Python function becomes machine code once and is kept in the cache folder.

What is kept is named by everything that it is made of: the sources of the kernel's module and of
every module of this package that it imports, and the versions of the compiler. (The processor and
the types of the arguments stand in numba's own index inside.) An edited helper is another name, so
nothing is ever stale, whatever the files' dates say. Without a folder to keep it, every process
compiles for itself.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import hashlib
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import llvmlite
import numba
from numba.core import caching

from vasa_avatar.folders import cache_folders, can_be_written, is_trusted

log = logging.getLogger(__name__)
_KEPT_VERSIONS = 4
"""of one module's kernels; more than one checkout and interpreter may use the same folder"""


def kernel(
    function: Callable[..., Any] | None = None,
    *,
    inline: bool = False,
    fastmath: bool = False,
    makes_arrays: bool = False,
) -> Any:
    """Compile a function with numba on its first call.

    The interpreter's lock is not held, and a division by zero gives infinity.

    Args:
        function: what is decorated, by `@kernel` or `@kernel(fastmath=True)`.
        inline: copied into the kernels that call it.
        fastmath: sums may take another order.
        makes_arrays: it makes arrays of its own. Otherwise arrays are borrowed from the caller and
            nobody counts who holds them: inside the renderer that took a third of a frame.
    """
    if function is None:
        return functools.partial(
            kernel, inline=inline, fastmath=fastmath, makes_arrays=makes_arrays
        )
    compiled = numba.njit(
        nogil=True,
        error_model="numpy",
        inline="always" if inline else "never",
        fastmath=fastmath,
        _nrt=makes_arrays,
    )(function)
    try:
        compiled._cache = _KernelCache(function)
    except (OSError, _NowhereToKeep) as reason:
        log.info("%s is compiled in every process (%s)", function.__qualname__, reason)
    return compiled


def kernel_name(source: Path) -> str:
    """A module's folder in the cache: its name and what its kernels are made of.

    Raises:
        OSError: a source cannot be read, as in a program that was frozen to one file.
    """
    made_of = hashlib.sha256(f"{numba.__version__} {llvmlite.__version__}".encode())
    files = sorted(_sources(source, {}).items())
    for module, text in files:
        made_of.update(f"\0{module}\0{len(text)}\0".encode() + text)
    return f"{_module_name(source)}-{made_of.hexdigest()[:20]}"


_PACKAGE = Path(__file__).resolve().parent


def _module_name(source: Path) -> str:
    return ".".join(source.resolve().relative_to(_PACKAGE.parent).with_suffix("").parts)


def _sources(source: Path, found: dict[str, bytes]) -> dict[str, bytes]:
    """Name and text of a module and of all that it imports from this package, added to `found`."""
    name = _module_name(source)
    if name not in found:
        found[name] = source.read_bytes()
        for imported in _imports(found[name]):
            _sources(imported, found)
    return found


def _imports(text: bytes) -> Iterator[Path]:
    """Files of this package that a module's text imports."""
    for node in ast.walk(ast.parse(text)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            # `from package import module` brings the module, `from module import name` its home.
            names = [
                inner if _file_of(inner := f"{node.module}.{alias.name}") else node.module
                for alias in node.names
            ]
        yield from filter(None, map(_file_of, names))


def _file_of(module: str) -> Path | None:
    place = _PACKAGE.parent.joinpath(*module.split("."))
    if _PACKAGE not in (place, *place.parents):
        return None
    candidates = (place.with_suffix(".py"), place / "__init__.py")
    return next((file for file in candidates if file.is_file()), None)


class _NowhereToKeep(Exception):
    """No folder can be written."""


@functools.cache
def _folder_of(source: Path) -> Path:
    """Where a module's kernels are read and kept.

    Machine code is run as it is read: a folder that others can write to is passed over.
    """
    name = kernel_name(source)
    for root in cache_folders():
        folder = root / "kernels" / name
        is_there = os.path.lexists(folder)
        if is_trusted(folder) if is_there else can_be_written(folder):
            return folder
    raise _NowhereToKeep("no folder can be written; set VASA_AVATAR_CACHE to one that can")


class _KernelPlace(caching._CacheLocator):  # type: ignore[misc]  # numba has no types
    """Where numba finds one function's files."""

    def __init__(self, function: Any, source: str) -> None:
        self._py_file = source
        self._line = function.__code__.co_firstlineno
        self._folder = _folder_of(Path(source).resolve())

    @classmethod
    def from_function(cls, py_func: Any, py_file: str) -> _KernelPlace:
        return cls(py_func, py_file)

    def get_cache_path(self) -> str:
        return str(self._folder)

    def get_source_stamp(self) -> str:
        return self._folder.name

    def get_disambiguator(self) -> str:
        return str(self._line)

    def ensure_cache_path(self) -> None:
        if self._folder.is_dir():
            return
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        self._folder.mkdir(mode=0o755, exist_ok=True)
        module = self._folder.name.rpartition("-")[0]
        versions = self._folder.parent.glob(f"{module}-*")
        for old in sorted(versions, key=os.path.getmtime)[:-_KEPT_VERSIONS]:
            shutil.rmtree(old, ignore_errors=True)


class _KernelFiles(caching.CompileResultCacheImpl):  # type: ignore[misc]  # numba has no types
    _locator_classes = (_KernelPlace,)


class _KernelCache(caching.FunctionCache):  # type: ignore[misc]  # numba has no types
    """One function's compiled forms; a cache that fails is only slower."""

    _impl_class = _KernelFiles

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            return super().load_overload(sig, target_context)
        except Exception as problem:  # whatever a damaged file makes unpickling raise
            log.warning("%s is damaged (%s); compiling again", self.cache_path, problem)
            with contextlib.suppress(OSError):
                self.flush()
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        try:
            super().save_overload(sig, data)
        except OSError as problem:
            log.info("compiled code could not be kept (%s)", problem)
            self.disable()
