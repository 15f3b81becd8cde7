"""The face that `--portrait` or `--profile` names, with progress while it is prepared."""

from __future__ import annotations

import argparse
import contextlib
import functools
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vasa_avatar.cli.progress import fetch_model, progress_bar
from vasa_avatar.errors import ModelStoreError, PortraitError

if TYPE_CHECKING:
    from vasa_avatar.appearance import Avatar
    from vasa_avatar.profiles import CharacterProfile

log = logging.getLogger(__name__)


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
    from vasa_avatar.appearance import cached_avatar, cropped
    from vasa_avatar.datatypes import Crop

    profile = named_profile(arguments)
    points: str | None = arguments.points
    crop: Crop | None = arguments.crop
    if profile is None:
        bake = functools.partial(bake_with_progress, points=points)
        avatar = cached_avatar(arguments.portrait, bake, points)
        return Face(cropped(avatar, crop or Crop()), None)
    if points is not None:
        raise PortraitError(
            "bad_points", "--points marks the face of a --portrait, not a --profile"
        )
    return face_of(profile if crop is None else profile.with_crop(crop))


def face_of(profile: CharacterProfile) -> Face:
    """A character's face.

    Raises:
        VasaError: its portrait cannot be baked.
    """
    from vasa_avatar.appearance import avatar_of

    return Face(avatar_of(profile, bake_with_progress), profile)


def bake_with_progress(portrait: Path, points: str | None = None) -> Avatar:
    """Bake a portrait; what the bake has to say goes to the log.

    Args:
        portrait: a picture file.
        points: a file of points set by hand on its face.

    Raises:
        VasaError: the picture cannot become an avatar, or a model cannot be fetched.
    """
    from vasa_avatar.appearance import build_avatar

    fetch_model("face_landmarker")
    with contextlib.suppress(ModelStoreError):  # without it hair is coarser, as the bake will say
        fetch_model("modnet")
    with progress_bar(None, f"preparing {portrait.name}", "step") as bar:

        def begin(step: str) -> None:
            bar.set_postfix_str(step)
            bar.update()

        avatar = build_avatar(portrait, progress=begin, points=points)
    for warning in avatar.warnings:
        log.warning("%s: %s", portrait.name, warning)
    return avatar
