"""What a character looks like, in one picture and one clip: its feelings, mouth, head and gaze."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from vasa_avatar.cli.sheet import Tile, draw_sheet, motion_tiles

if TYPE_CHECKING:
    from vasa_avatar.datatypes import Feeling
    from vasa_avatar.profiles import CharacterProfile

_STRENGTHS = (0.3, 0.6, 1.0)
_TILE_PX = 224
_MOST_LABELS = 24


def write_sheet(profile: CharacterProfile, out: Path) -> None:
    """Emotions in three strengths, the character's own labels, visemes, poses, gaze.

    Raises:
        VasaError: the portrait cannot be baked.
        OSError: the file cannot be written.
    """
    from vasa_avatar.cli.faces import face_of
    from vasa_avatar.cli.picture_file import save_picture
    from vasa_avatar.render import MeshRenderer

    renderer = MeshRenderer(face_of(profile).avatar, _TILE_PX)
    tiles = [*feeling_tiles(profile), *motion_tiles()]
    picture = draw_sheet([(tile.label, renderer.render(tile.motion)) for tile in tiles])
    save_picture(picture, out)
    print(f"{out}: {picture.shape[1]} x {picture.shape[0]}")


def feeling_tiles(profile: CharacterProfile) -> list[Tile]:
    """The mood at rest, each emotion in three strengths, and the labels of the profile."""
    from vasa_avatar.datatypes import EMOTIONS, Emotion, Feeling

    tiles = [_tile("at rest", Feeling(profile.controls().emotions))]
    for name in EMOTIONS[1:]:
        for strength in _STRENGTHS:
            felt = profile.emotions.scaled(Feeling((Emotion(name, strength),)), 1.0)
            tiles.append(_tile(f"{name} {strength:g}", felt))
    for label in list(profile.emotions.labels)[:_MOST_LABELS]:
        meant = profile.emotions.feeling(label)
        if meant is not None:
            tiles.append(_tile(f"[{label}]", meant))
    return tiles


def write_clip(profile: CharacterProfile, out: Path) -> None:
    """The character says its greeting.

    Raises:
        VasaError: it has no words or no voice here.
    """
    from vasa_avatar.cli.faces import face_of
    from vasa_avatar.cli.render import Film, render_speech
    from vasa_avatar.cli.speech import speak_text
    from vasa_avatar.profiles import greeting_of

    greeting = greeting_of(profile) or f"Hello, I am {profile.name}."
    seed = profile.temper.seed or 0
    speech = speak_text(greeting, profile.voice.style(), seed, profile.emotions)
    render_speech(face_of(profile), speech, Film(out, seed=seed), profile.controls())
    print(f"{out}: {profile.name} says its greeting")


def _tile(label: str, feeling: Feeling) -> Tile:
    from vasa_avatar.motion import feeling_motion

    return Tile(label, feeling_motion(feeling))
