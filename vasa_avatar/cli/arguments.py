"""Words of the command line become checked values; every refusal says what was expected."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from vasa_avatar.controls import CONTROLS, EMOTION_STRENGTH, control
from vasa_avatar.units import SUPPORTED_FPS

if TYPE_CHECKING:
    from vasa_avatar.datatypes import Controls, Crop, Emotion
    from vasa_avatar.profiles import CharacterProfile

SIZES_PX = (256, 1024)
LOOKAHEADS_MS = (80, 160)


def size_px(text: str) -> int:
    """An even frame size from 256 to 1024."""
    low, high = SIZES_PX
    size = _whole_number(text)
    if not low <= size <= high or size % 2:
        raise argparse.ArgumentTypeError(f"{text!r} is not an even number from {low} to {high}")
    return size


def gaze(text: str) -> dict[str, float]:
    """PITCH,YAW in degrees, as two controls."""
    pitch, comma, yaw = text.partition(",")
    try:
        pair = {"gaze_pitch_deg": float(pitch), "gaze_yaw_deg": float(yaw)}
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not PITCH,YAW in degrees, such as -5,10"
        ) from None
    return {name: _checked(name, value) for name, value in pair.items()}


def crop(text: str) -> Crop:
    """ZOOM or ZOOM,X,Y."""
    from vasa_avatar.datatypes import Crop

    words = text.split(",")
    try:
        if len(words) not in (1, 3):
            raise ValueError("one number or three")
        return Crop(*map(float, words))
    except ValueError as problem:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not ZOOM or ZOOM,X,Y, such as 1.4 or 1.4,0.5,0.4 ({problem})"
        ) from None


def head_distance(text: str) -> dict[str, float]:
    """A ratio of the portrait's distance, as a control."""
    return named_value(f"head_distance={text}")


def named_value(text: str) -> dict[str, float]:
    """NAME=VALUE, any control."""
    name, _, value = text.partition("=")
    try:
        number = float(value)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not NAME=NUMBER, such as lip_gain=1.3"
        ) from None
    return {name: _checked(name, number)}


def _checked(name: str, value: float) -> float:
    try:
        return control(name).check(value)
    except ValueError as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None


def emotion(text: str) -> Emotion:
    """NAME or NAME:STRENGTH."""
    from vasa_avatar.datatypes import Emotion

    try:
        return Emotion.parse(text)
    except ValueError as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None


def _whole_number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None


def add_face_arguments(parser: argparse.ArgumentParser) -> None:
    """Which face: a picture or a character."""
    face = parser.add_mutually_exclusive_group(required=True)
    face.add_argument("--portrait", metavar="P.png", help="a picture of a face")
    face.add_argument(
        "--profile",
        metavar="ID",
        help="a character (`vasa-avatar profile list`) or its profile.yaml",
    )
    parser.add_argument(
        "--points", metavar="POINTS.json",
        help="where eyes, mouth, chin and outline of --portrait are, set by hand",
    )  # fmt: skip
    parser.add_argument(
        "--crop", type=crop, metavar="ZOOM[,X,Y]",
        help="show a part of the picture: 1 (all) to 2.5, around X,Y in shares of the picture",
    )  # fmt: skip


def add_size_argument(parser: argparse.ArgumentParser) -> None:
    """The edge of the square frame."""
    parser.add_argument("--size", type=size_px, default=512, metavar="PX", help="frame edge (512)")


def add_fps_argument(parser: argparse.ArgumentParser) -> None:
    """Frames a second; None when it is not given."""
    listed = ", ".join(map(str, SUPPORTED_FPS))
    parser.add_argument("--fps", type=_whole_number, choices=SUPPORTED_FPS, help=f"one of {listed}")


def add_control_arguments(parser: argparse.ArgumentParser) -> None:
    """What the face does beside talking; limits and words are those of `vasa_avatar.controls`."""
    pitch, yaw, distance = map(control, ("gaze_pitch_deg", "gaze_yaw_deg", "head_distance"))
    parser.add_argument(
        "--gaze", type=gaze, metavar="PITCH,YAW",
        help=f"0,0 looks at the viewer; up {pitch.range}, to the viewer's right {yaw.range}",
    )  # fmt: skip
    parser.add_argument(
        "--head-distance",
        type=head_distance,
        metavar="D",
        help=f"{distance.what}; {distance.range}",
    )
    parser.add_argument(
        "--emotion", type=emotion, action="append", metavar="NAME:STRENGTH",
        help=f"for example happy:0.5, {EMOTION_STRENGTH.range}; may be given several times",
    )  # fmt: skip
    parser.add_argument(
        "--control", type=named_value, action="append", metavar="NAME=VALUE",
        help="any control; may be given several times: "
        + "; ".join(f"{spec.name} {spec.range}" for spec in CONTROLS),
    )  # fmt: skip


def is_steered(arguments: argparse.Namespace) -> bool:
    """Whether any control was given."""
    given = arguments.gaze, arguments.head_distance, arguments.emotion, arguments.control
    return any(value is not None for value in given)


def controls_from(arguments: argparse.Namespace, profile: CharacterProfile | None) -> Controls:
    """The character's manner, with what the command line says on top.

    Raises:
        UsageError: an emotion that is named twice.
    """
    from dataclasses import replace

    from vasa_avatar.cli.app import UsageError
    from vasa_avatar.datatypes import Controls

    controls = profile.controls() if profile else Controls()
    for values in (arguments.gaze, arguments.head_distance, *(arguments.control or ())):
        controls = controls.steered(values or {})
    try:
        return replace(controls, emotions=tuple(arguments.emotion or controls.emotions))
    except ValueError as problem:
        raise UsageError(str(problem)) from problem
