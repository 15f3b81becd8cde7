"""Draws the pictures of README.md with the program itself: `make example`.

docs/pictures/talking.webp   three characters take turns speaking, animated
docs/pictures/controls.webp  one still portrait, steered: emotions, poses, gaze
docs/pictures/drawn.webp     three drawings of our own artist, likewise
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from vasa_avatar import AvatarStream, build_avatar, load_avatar
from vasa_avatar.appearance import Avatar, avatar_of, cropped
from vasa_avatar.audio.hibari_voice import HibariVoice
from vasa_avatar.cli.sheet import Tile, all_tiles, draw_sheet
from vasa_avatar.datatypes import U8, Crop
from vasa_avatar.profiles import CharacterProfile, load_profile
from vasa_avatar.render import MeshRenderer
from vasa_avatar.training.drawing.portrait import draw_portrait

CHARACTERS = ("iris", "leo", "greta")
LINES = (
    "Hello! We were still pictures.",
    "Now we talk, in real time.",
    "All on a plain processor.",
)
EDGE_PX = 256
SHOWN_FPS = 12.5
SHOWN_TILES = (
    "rest", "happy", "surprised", "sad", "viseme ee", "viseme ah", "eyeBlink", "mouthSmile",
    "yaw -15", "yaw +15", "pitch +10", "roll -10", "gaze left", "gaze right", "gaze up", "browDown",
)  # fmt: skip
DRAWN, DRAWN_SEEDS = ("mika", "lina"), (253,)
"""the drawn characters that ship, and what else the artist draws"""
DRAWN_CROP = Crop(1.35)
DRAWN_TILES = ("rest", "happy", "surprised", "viseme ah", "eyeBlink", "gaze left", "yaw +15")
PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures"


def main() -> None:
    """Write both pictures."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    cast = [load_profile(name) for name in CHARACTERS]
    write_animation(PICTURES / "talking.webp", take_turns(cast))
    write_controls(PICTURES / "controls.webp", cast[0])
    drawings = [cropped(build_avatar(draw_portrait(seed).rgb), DRAWN_CROP) for seed in DRAWN_SEEDS]
    shipped = [avatar_of(load_profile(name)) for name in DRAWN]
    write_drawn(PICTURES / "drawn.webp", [*shipped, *drawings])
    for path in sorted(PICTURES.iterdir()):
        print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB")


def take_turns(cast: list[CharacterProfile]) -> list[U8]:
    """All characters side by side; one speaks, the others live on."""
    sessions = [
        AvatarStream(
            load_avatar(profile.avatar or ""), sample_rate_hz=24_000, size_px=EDGE_PX,
            controls=profile.controls(), seed=place,
        )
        for place, profile in enumerate(cast)
    ]  # fmt: skip
    rows: list[U8] = []
    for speaker, (profile, line) in enumerate(zip(cast, LINES, strict=True)):
        sessions[speaker].push(HibariVoice(profile.voice.style()).speak(line))
        sessions[speaker].flush()
        for frame in sessions[speaker].pull():
            row = [
                frame.frame_rgb if place == speaker else session.idle().frame_rgb
                for place, session in enumerate(sessions)
            ]
            rows.append(np.hstack(row))
    return rows


def write_animation(path: Path, frames: list[U8]) -> None:
    """Every other frame, as an animated WebP that repeats."""
    step = round(25 / SHOWN_FPS)
    animation = cv2.Animation()
    animation.frames = [cv2.cvtColor(frame, cv2.COLOR_RGB2BGR) for frame in frames[::step]]
    animation.durations = np.full(len(animation.frames), round(1000 / SHOWN_FPS), np.int32)
    if not cv2.imwriteanimation(str(path), animation, [cv2.IMWRITE_WEBP_QUALITY, 88]):
        raise OSError(f"{path} could not be written")


def write_controls(path: Path, profile: CharacterProfile) -> None:
    """A part of the contact sheet."""
    renderer = MeshRenderer(load_avatar(profile.avatar or ""), 200)
    by_label: dict[str, Tile] = {tile.label: tile for tile in all_tiles()}
    drawn = [(label, renderer.render(by_label[label].motion)) for label in SHOWN_TILES]
    picture = cv2.cvtColor(draw_sheet(drawn), cv2.COLOR_RGB2BGR)
    if not cv2.imwrite(str(path), picture, [cv2.IMWRITE_WEBP_QUALITY, 82]):
        raise OSError(f"{path} could not be written")


def write_drawn(path: Path, avatars: list[Avatar]) -> None:
    """A row of poses for each drawing."""
    by_label: dict[str, Tile] = {tile.label: tile for tile in all_tiles()}
    motions = [by_label[label].motion for label in DRAWN_TILES]
    renderers = [MeshRenderer(avatar, 200) for avatar in avatars]
    rows = [np.hstack([own.render(motion) for motion in motions]) for own in renderers]
    picture = cv2.cvtColor(np.vstack(rows), cv2.COLOR_RGB2BGR)
    if not cv2.imwrite(str(path), picture, [cv2.IMWRITE_WEBP_QUALITY, 85]):
        raise OSError(f"{path} could not be written")


if __name__ == "__main__":
    main()
