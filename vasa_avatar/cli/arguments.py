"""Words of the command line become checked values; every refusal says what was expected."""

from __future__ import annotations

import argparse
import math
from typing import TYPE_CHECKING

from vasa_avatar.units import SUPPORTED_FPS

if TYPE_CHECKING:
    from vasa_avatar.datatypes import Controls, Emotion
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


def angle_pair_deg(text: str) -> tuple[float, float]:
    """PITCH,YAW in degrees."""
    try:
        pitch, yaw = (float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not PITCH,YAW in degrees, such as -5,10"
        ) from None
    return pitch, yaw


def emotion(text: str) -> Emotion:
    """NAME or NAME:STRENGTH."""
    from vasa_avatar.datatypes import Emotion

    name, _, strength = text.partition(":")
    try:
        return Emotion(name, float(strength) if strength else 1.0)
    except ValueError as problem:
        message = (
            str(problem)
            if name and "could not" not in str(problem)
            else f"{text!r} is not NAME:STRENGTH"
        )
        raise argparse.ArgumentTypeError(message) from None


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


def add_size_argument(parser: argparse.ArgumentParser) -> None:
    """The edge of the square frame."""
    parser.add_argument("--size", type=size_px, default=512, metavar="PX", help="frame edge (512)")


def add_fps_argument(parser: argparse.ArgumentParser, default: int | None) -> None:
    """Frames a second."""
    listed = ", ".join(map(str, SUPPORTED_FPS))
    parser.add_argument(
        "--fps", type=_whole_number, choices=SUPPORTED_FPS, default=default, help=f"one of {listed}"
    )


def add_control_arguments(parser: argparse.ArgumentParser) -> None:
    """What the face does beside talking."""
    parser.add_argument(
        "--gaze", type=angle_pair_deg, metavar="PITCH,YAW", help="degrees; 0,0 looks at the viewer"
    )
    parser.add_argument(
        "--head-distance", type=float, metavar="D", help="1 as in the portrait, 0.7 to 1.6"
    )
    parser.add_argument(
        "--emotion", type=emotion, action="append", metavar="NAME:STRENGTH",
        help="for example happy:0.5; may be given several times",
    )  # fmt: skip


def controls_from(arguments: argparse.Namespace, profile: CharacterProfile | None) -> Controls:
    """The character's manner, with what the command line says on top.

    Raises:
        UsageError: a value outside its range.
    """
    from dataclasses import replace

    from vasa_avatar.cli.app import UsageError
    from vasa_avatar.datatypes import Controls

    controls = profile.controls() if profile else Controls()
    try:
        if arguments.gaze is not None:
            pitch, yaw = map(math.radians, arguments.gaze)
            controls = replace(controls, gaze_pitch_rad=pitch, gaze_yaw_rad=yaw)
        if arguments.head_distance is not None:
            controls = replace(controls, head_distance=arguments.head_distance)
        if arguments.emotion:
            controls = replace(controls, emotions=tuple(arguments.emotion))
    except ValueError as problem:
        raise UsageError(str(problem)) from problem
    return controls
