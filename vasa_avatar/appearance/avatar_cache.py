"""Baked once, kept: a portrait or a character becomes an avatar, from the user's cache if it can.

The cache is keyed by the picture's bytes, the way of baking and the matte at hand, so a changed
picture, a new version or a better matte bakes anew.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from vasa_avatar.appearance.avatar import BAKE_VERSION, Avatar, load_avatar
from vasa_avatar.appearance.build import build_avatar
from vasa_avatar.appearance.crop import cropped
from vasa_avatar.errors import AvatarFileError, PortraitError
from vasa_avatar.folders import CACHE_VARIABLE, cache_folder_to_write, cache_folders
from vasa_avatar.nets import ModelStore

if TYPE_CHECKING:
    from vasa_avatar.profiles import CharacterProfile

log = logging.getLogger(__name__)
Bake = Callable[..., Avatar]
"""takes a picture's path, and perhaps `points`"""
_KEPT_AVATARS = 32


def avatar_of(profile: CharacterProfile, bake: Bake = build_avatar) -> Avatar:
    """A character's avatar, framed as its profile says.

    It is the profile's own baked one if that can be read, else its portrait through the cache.

    Raises:
        VasaError: see `cached_avatar`.
    """
    if profile.avatar is not None and profile.avatar.is_file():
        try:
            return cropped(load_avatar(profile.avatar), profile.crop())
        except AvatarFileError as problem:
            log.warning("%s; baking the portrait instead", problem)
    if profile.points is not None:
        bake = functools.partial(bake, points=profile.points)
    return cropped(cached_avatar(profile.portrait, bake, profile.points), profile.crop())


def cached_avatar(
    portrait: Path | str, bake: Bake = build_avatar, points: Path | str | None = None
) -> Avatar:
    """Bake a portrait, or take what was baked from the same picture before.

    Args:
        portrait: a picture file.
        bake: does the work when it must be done.
        points: the file of points that `bake` goes by, if it does.

    Raises:
        PortraitError: there is no such picture, or it cannot become an avatar.
        ModelStoreError: the landmark model is neither cached nor obtainable.
    """
    portrait = Path(portrait)
    if not portrait.is_file():
        raise PortraitError("not_an_image", f"there is no picture {portrait}")
    name = _name_of(portrait, points)
    for folder in cache_folders():
        kept = folder / "avatars" / name
        if not os.path.isfile(kept):
            continue
        with contextlib.suppress(AvatarFileError, OSError):
            avatar = load_avatar(kept)
            with contextlib.suppress(OSError):  # a folder that can only be read
                os.utime(kept)
            return avatar
        log.warning("%s is damaged or old; baking again", kept)
    avatar = bake(portrait)
    _keep(avatar, _name_of(portrait, points))  # the bake may have brought the finer matte
    return avatar


def _name_of(portrait: Path, points: Path | str | None) -> str:
    with portrait.open("rb") as file:
        picture = hashlib.file_digest(file, "sha256").hexdigest()
    if points is not None and os.path.isfile(points):
        marked = picture.encode() + Path(points).read_bytes()
        picture = hashlib.sha256(marked).hexdigest()
    matte = "fine" if ModelStore().has("modnet") else "coarse"
    return f"{picture[:32]}-{BAKE_VERSION}-{matte}.npz"


def _keep(avatar: Avatar, name: str) -> None:
    """Write the cache, whole or not at all; a cache that cannot be written is only slower."""
    folder = cache_folder_to_write()
    if folder is None:
        log.warning("the baked avatar could not be kept; set %s to a folder", CACHE_VARIABLE)
        return
    path = folder / "avatars" / name
    try:
        avatar.save(path)
        oldest_first = sorted(path.parent.glob("*.npz"), key=lambda file: file.stat().st_mtime)
        for old in oldest_first[:-_KEPT_AVATARS]:
            old.unlink(missing_ok=True)
    except OSError as problem:
        log.warning("the baked avatar could not be kept (%s)", problem)
