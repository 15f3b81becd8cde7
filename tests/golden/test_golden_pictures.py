"""Whole frames of the shipped characters against golden pictures, and what the comparison notices.

`pytest tests/golden --regenerate-golden` keeps what is drawn now.
"""

from __future__ import annotations

import dataclasses
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from golden_pictures import GoldenPictures
from sounds import speech_like

from vasa_avatar import AvatarStream, Controls, Emotion
from vasa_avatar.appearance import Avatar, load_avatar
from vasa_avatar.cli.sheet import all_tiles, draw_sheet
from vasa_avatar.datatypes import ARKIT_INDEX, U8, FaceMotion
from vasa_avatar.render import MeshRenderer

CHARACTERS = Path(__file__).parents[2] / "character_profiles"
NAMES = ("greta", "iris", "leo")
SHOTS = (
    "viseme ah", "viseme f v", "viseme oo", "happy", "angry", "gaze right", "up and left",
    "eyeBlink", "distance 1.2",
)  # fmt: skip
"""labels of the contact sheet"""
GREEN = (0, 255, 0)


@cache
def avatar(name: str) -> Avatar:
    return load_avatar(CHARACTERS / name / "avatar.npz")


@cache
def renderer(name: str) -> MeshRenderer:
    return MeshRenderer(avatar(name), 512)


@cache
def motions() -> dict[str, FaceMotion]:
    return {tile.label: tile.motion for tile in all_tiles()}


def file_name(character: str, shot: str) -> str:
    return f"{character}_{shot.replace(' ', '_')}"


@pytest.mark.parametrize("shot", SHOTS)
@pytest.mark.parametrize("character", NAMES)
def test_a_frame(golden: GoldenPictures, character: str, shot: str) -> None:
    golden.check(file_name(character, shot), renderer(character).render(motions()[shot]))


@pytest.mark.parametrize("character", NAMES)
def test_a_frame_of_a_stream(golden: GoldenPictures, character: str) -> None:
    """Sound, dynamics, controls and drawing together, two seconds into speech."""
    controls = Controls(emotions=(Emotion("happy", 0.6),), head_distance=1.1)
    stream = AvatarStream(
        avatar(character), sample_rate_hz=24_000, size_px=512, controls=controls, seed=7
    )
    stream.push(speech_like(2.4, 24_000))
    stream.flush()
    frames = list(stream.pull())
    golden.check(file_name(character, "stream"), frames[50].frame_rgb)


@pytest.mark.parametrize("character", NAMES)
def test_a_person_before_another_background(golden: GoldenPictures, character: str) -> None:
    """The edge of hair and shoulders, and that a turned head lets nothing of the plate through."""
    assets = avatar(character).assets
    plate = np.broadcast_to(np.uint8(GREEN), assets.plate_rgb.shape).copy()
    before_green = MeshRenderer(Avatar(dataclasses.replace(assets, plate_rgb=plate)), 512)
    golden.check(file_name(character, "composite"), before_green.render(motions()["yaw +15"]))


def test_the_contact_sheet(golden: GoldenPictures) -> None:
    small = MeshRenderer(avatar("iris"), 128)
    sheet = draw_sheet([(tile.label, small.render(tile.motion)) for tile in all_tiles()])
    golden.check("sheet", sheet)


def test_no_picture_is_left_over(golden: GoldenPictures) -> None:
    shots = (*SHOTS, "stream", "composite")
    wanted = {file_name(character, shot) for character in NAMES for shot in shots} | {"sheet"}
    assert {path.stem for path in golden.folder.glob("*.png")} == wanted


def slightly_moved(motion: FaceMotion) -> FaceMotion:
    expression = motion.expression.copy()
    expression[ARKIT_INDEX["jawOpen"]] += 0.05
    return dataclasses.replace(motion, expression=expression)


def shifted_by_a_pixel(frame_rgb: U8) -> U8:
    return np.roll(frame_rgb, 1, 1)


def a_shade_darker(frame_rgb: U8) -> U8:
    mouth = frame_rgb.copy()
    mouth[300:400, 200:310] = (mouth[300:400, 200:310] * 0.97).astype(np.uint8)
    return mouth


def test_small_changes_are_noticed(tmp_path: Path) -> None:
    pictures = GoldenPictures(tmp_path / "kept", tmp_path / "shown", regenerate=True)
    drawn = renderer("iris").render(motions()["viseme ah"])
    pictures.check("one", drawn)
    strict = dataclasses.replace(pictures, regenerate=False)
    strict.check("one", drawn)
    changed = {
        "jaw": renderer("iris").render(slightly_moved(motions()["viseme ah"])),
        "pixel": shifted_by_a_pixel(drawn),
        "shade": a_shade_darker(drawn),
    }
    for frame in changed.values():
        with pytest.raises(AssertionError, match="Expected, drawn and 16 times the difference"):
            strict.check("one", frame)
    assert (tmp_path / "shown" / "one.png").is_file()


def test_rounding_is_not(tmp_path: Path) -> None:
    """One level more or less anywhere, as another processor may round."""
    pictures = GoldenPictures(tmp_path, tmp_path, regenerate=True)
    drawn = renderer("iris").render(motions()["viseme ah"])
    pictures.check("one", drawn)
    jitter = np.random.default_rng(1).integers(-1, 2, drawn.shape)
    near = np.clip(drawn.astype(int) + jitter, 0, 255).astype(np.uint8)
    dataclasses.replace(pictures, regenerate=False).check("one", near)


def test_a_missing_picture_says_how_to_draw_it(tmp_path: Path) -> None:
    pictures = GoldenPictures(tmp_path, tmp_path, regenerate=False)
    with pytest.raises(AssertionError, match=r"no golden picture .*new\.png; run pytest"):
        pictures.check("new", np.zeros((64, 64, 3), np.uint8))
