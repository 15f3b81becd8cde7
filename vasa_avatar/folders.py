"""Where what the package keeps lies: fetched models, baked avatars, compiled kernels.

Nothing else is ever written unasked.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import platformdirs

CACHE_VARIABLE = "VASA_AVATAR_CACHE"
_NAME = "vasa-avatar"
_PACKAGE = Path(__file__).resolve().parent
# In an installed package the module lies inside it, in a checkout beside it.
_FACE_MODULES = (_PACKAGE / "vasa-face", _PACKAGE.parent / "web" / "vasa-face")


def cache_folders(environment: Mapping[str, str] | None = None) -> tuple[Path, ...]:
    """The folders that are read, first one first.

    $VASA_AVATAR_CACHE, else the user's cache; behind it, when that cannot be written, a temporary
    folder that is this user's alone.

    Args:
        environment: the process's own when None.
    """
    own = _own_folder(os.environ if environment is None else environment)
    if own is not None and can_be_written(own):
        return (own,)
    return tuple(folder for folder in (own, _temporary_folder()) if folder is not None)


def cache_folder_to_write() -> Path | None:
    """The first of `cache_folders` that can be written; None when there is none."""
    return next((folder for folder in cache_folders() if can_be_written(folder)), None)


def user_data_folder() -> Path | None:
    """Where a user's own characters lie; None for a user without a home."""
    return _at_home(platformdirs.user_data_dir, _NAME)


def can_be_written(folder: Path) -> bool:
    """Whether this user may put files there, or may make the folder first."""
    place = folder
    while not os.path.lexists(place) and place != place.parent:
        place = place.parent
    return os.path.isdir(place) and os.access(place, os.W_OK | os.X_OK)


def is_trusted(folder: Path) -> bool:
    """Whether only this user or root can have put files into an existing folder."""
    try:
        found = os.lstat(folder)
    except OSError:
        return False
    if not hasattr(os, "geteuid"):  # Windows: its folders are the user's own
        return stat.S_ISDIR(found.st_mode)
    is_ours = found.st_uid in (0, os.geteuid())
    return stat.S_ISDIR(found.st_mode) and is_ours and not found.st_mode & 0o022


def _own_folder(environment: Mapping[str, str]) -> Path | None:
    chosen = environment.get(CACHE_VARIABLE)
    if chosen:
        return _at_home(os.path.expanduser, chosen)
    return _at_home(platformdirs.user_cache_dir, _NAME)


def _at_home(find: Callable[[str], str], name: str) -> Path | None:
    """What `find` says; None for a user without a home, whose "~" would become a folder's name."""
    try:
        folder = find(name)
    except RuntimeError:
        return None
    return None if folder.startswith("~") else Path(folder)


def _temporary_folder() -> Path | None:
    """A folder of a known name in the machine's temporary one, so that the next run finds it.

    Everybody may write beside it: one that another user made, or can write to, is not taken.
    """
    owner = f"-{os.geteuid()}" if hasattr(os, "geteuid") else ""
    try:
        folder = Path(tempfile.gettempdir()) / f"{_NAME}{owner}"
        folder.mkdir(mode=0o700, exist_ok=True)
        mode = os.lstat(folder).st_mode
    except OSError:
        return None
    is_private = not owner or not mode & 0o077
    return folder if is_trusted(folder) and is_private else None


def face_module_folder() -> Path:
    """The folder that holds `index.js`.

    Raises:
        FileNotFoundError: the installation is not whole.
    """
    for folder in _FACE_MODULES:
        if (folder / "index.js").is_file():
            return folder
    raise FileNotFoundError(f"{_FACE_MODULES[0]} is missing; install vasa-avatar again")
