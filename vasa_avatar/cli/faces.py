"""A portrait or a character becomes a baked avatar; baked portraits stay in the cache."""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import logging
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vasa_avatar.cli.progress import fetch_model, progress_bar

if TYPE_CHECKING:
    from vasa_avatar.appearance import Avatar
    from vasa_avatar.profiles import CharacterProfile

log = logging.getLogger(__name__)
_KEPT_AVATARS = 32


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """What a command draws, and whose manner and voice it has."""

    avatar: Avatar
    profile: CharacterProfile | None


def named_profile(arguments: argparse.Namespace) -> CharacterProfile | None:
    """The character that `--profile` names; None for `--portrait`.

    Raises:
        ProfileError: there is none, or it is invalid.
    """
    if arguments.profile is None:
        return None
    from vasa_avatar.profiles import load_profile

    return load_profile(arguments.profile)


def load_face(arguments: argparse.Namespace) -> Face:
    """The face that `--portrait` or `--profile` names.

    Raises:
        VasaError: it cannot be read, found or baked.
    """
    profile = named_profile(arguments)
    return face_of(profile) if profile else Face(bake_cached(Path(arguments.portrait)), None)


def face_of(profile: CharacterProfile) -> Face:
    """A character's face: its own baked avatar if it is current, else its portrait baked."""
    from vasa_avatar.appearance import load_avatar
    from vasa_avatar.errors import AvatarFileError

    if profile.avatar is not None and profile.avatar.is_file():
        try:
            return Face(load_avatar(profile.avatar), profile)
        except AvatarFileError as problem:
            log.warning("%s; baking the portrait instead", problem)
    return Face(bake_cached(profile.portrait), profile)


def bake_cached(portrait: Path) -> Avatar:
    """Bake a portrait, or take what was baked from the same picture before.

    Raises:
        VasaError: the picture cannot become an avatar, or a model cannot be fetched.
    """
    from vasa_avatar.appearance import load_avatar
    from vasa_avatar.errors import AvatarFileError, PortraitError

    if not portrait.is_file():
        raise PortraitError("not_an_image", f"there is no picture {portrait}")
    cached = _cache_file(portrait)
    if cached.is_file():
        with contextlib.suppress(AvatarFileError, OSError):
            avatar = load_avatar(cached)
            os.utime(cached)
            return avatar
        log.warning("%s is damaged or old; baking again", cached)
    avatar = bake_now(portrait)
    _keep(avatar, cached)
    return avatar


def bake_now(portrait: Path) -> Avatar:
    """Bake a portrait, with a progress line; what the bake has to say goes to the log.

    Raises:
        VasaError: see `bake_cached`.
    """
    from vasa_avatar.appearance import build_avatar

    fetch_model("face_landmarker")
    with progress_bar(None, f"preparing {portrait.name}", "step") as bar:

        def begin(step: str) -> None:
            bar.set_postfix_str(step)
            bar.update()

        avatar = build_avatar(portrait, progress=begin)
    for warning in avatar.warnings:
        log.warning("%s: %s", portrait.name, warning)
    return avatar


def _cache_file(portrait: Path) -> Path:
    """One file per picture, way of baking, and matte: a better matte later bakes anew."""
    from vasa_avatar.appearance import BAKE_VERSION
    from vasa_avatar.nets import ModelStore, default_cache_dir

    with portrait.open("rb") as file:
        picture = hashlib.file_digest(file, "sha256").hexdigest()
    matte = "fine" if ModelStore().has("modnet") else "coarse"
    return default_cache_dir() / "avatars" / f"{picture[:32]}-{BAKE_VERSION}-{matte}.npz"


def _keep(avatar: Avatar, path: Path) -> None:
    """Write the cache, whole or not at all; a cache that cannot be written is only slower."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix="bake-") as scratch:
            part = Path(scratch) / path.name
            avatar.save(part)
            os.replace(part, path)
        oldest_first = sorted(path.parent.glob("*.npz"), key=lambda file: file.stat().st_mtime)
        for old in oldest_first[:-_KEPT_AVATARS]:
            old.unlink(missing_ok=True)
    except OSError as problem:
        log.warning("the baked avatar could not be kept (%s)", problem)
