"""A contact sheet: what a face does with expressions, visemes, poses and gaze."""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vasa_avatar.cli.arguments import add_face_arguments, size_px

if TYPE_CHECKING:
    from vasa_avatar.datatypes import U8, FaceMotion

SUMMARY = "a contact sheet of one face"
_COLUMNS = 8
_LABEL_PX = 22
_BOTH = ("Left", "Right")

# Mouth shapes of speech, by what is heard; strengths as a clear speaker's, not a shouting one's.
_VISEMES: dict[str, dict[str, float]] = {
    "p b m": {"mouthPress": 0.2, "mouthRollLower": 0.22, "mouthRollUpper": 0.2},
    "f v": {"jawOpen": 0.06, "mouthRollLower": 0.5, "mouthUpperUp": 0.25},
    "th": {"jawOpen": 0.12, "tongueOut": 0.3, "mouthLowerDown": 0.2},
    "t d n": {"jawOpen": 0.1, "mouthLowerDown": 0.3, "mouthUpperUp": 0.15},
    "s z": {"jawOpen": 0.03, "mouthStretch": 0.3, "mouthLowerDown": 0.35, "mouthUpperUp": 0.15},
    "sh ch": {"jawOpen": 0.06, "mouthFunnel": 0.6, "mouthLowerDown": 0.2},
    "k g": {"jawOpen": 0.18, "mouthLowerDown": 0.2},
    "r": {"jawOpen": 0.1, "mouthPucker": 0.35, "mouthFunnel": 0.25},
    "ah": {"jawOpen": 0.55, "mouthLowerDown": 0.2},
    "eh": {"jawOpen": 0.3, "mouthStretch": 0.2, "mouthLowerDown": 0.25, "mouthUpperUp": 0.15},
    "ee": {"jawOpen": 0.1, "mouthSmile": 0.35, "mouthStretch": 0.3, "mouthLowerDown": 0.25},
    "oh": {"jawOpen": 0.35, "mouthFunnel": 0.5, "mouthPucker": 0.2},
    "oo": {"jawOpen": 0.12, "mouthPucker": 0.75, "mouthFunnel": 0.2},
}
_UNITS = (
    "jawOpen", "mouthSmile", "mouthFrown", "mouthPucker", "mouthFunnel", "mouthStretch",
    "mouthDimple", "mouthPress", "mouthLowerDown", "mouthUpperUp", "mouthLeft", "mouthRight",
    "mouthShrugLower", "cheekPuff", "cheekSquint", "noseSneer", "browInnerUp", "browOuterUp",
    "browDown", "eyeBlink", "eyeSquint", "eyeWide", "jawLeft", "tongueOut",
)  # fmt: skip
_POSES_DEG = {  # pitch, yaw, roll
    "yaw -15": (0, -15, 0), "yaw +15": (0, 15, 0), "pitch -10": (-10, 0, 0),
    "pitch +10": (10, 0, 0), "roll -10": (0, 0, -10), "roll +10": (0, 0, 10),
    "up and left": (7, -10, -4), "down and right": (-7, 10, 4),
}  # fmt: skip
_DISTANCES = (0.8, 1.2, 1.5)
_GAZES_DEG = {
    "gaze left": (0, -20), "gaze right": (0, 20), "gaze up": (15, 0), "gaze down": (-15, 0),
    "gaze held, yaw 12": (0, 0),
}  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The face and the picture."""
    add_face_arguments(parser)
    parser.add_argument("--out", required=True, metavar="S.png", help="the picture to write")
    parser.add_argument(
        "--size", type=size_px, default=256, metavar="PX", help="edge of a tile (256)"
    )


def run(arguments: argparse.Namespace) -> None:
    """Draw every tile and write the sheet."""
    from vasa_avatar.cli.faces import load_face
    from vasa_avatar.cli.picture_file import check_picture_name, save_picture
    from vasa_avatar.cli.places import check_outputs, pipes_as_files
    from vasa_avatar.output_file import check_output_file
    from vasa_avatar.render import MeshRenderer
    from vasa_avatar.safety import FILM, MarkedRenderer, MarkPayload

    out = Path(arguments.out)
    inputs = {"portrait": "--portrait"}
    check_outputs(arguments, inputs, {"out": "--out"})
    check_picture_name("--out", out)
    check_output_file(out)
    with pipes_as_files(arguments, inputs):
        face = load_face(arguments)
    renderer = MarkedRenderer(
        MeshRenderer(face.avatar, arguments.size), MarkPayload(flags=FILM), face.avatar.is_drawn
    )
    picture = draw_sheet([(tile.label, renderer.render(tile.motion)) for tile in all_tiles()])
    save_picture(picture, out)
    print(f"{out}: {picture.shape[1]} x {picture.shape[0]}")


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """One small picture."""

    label: str
    motion: FaceMotion


def all_tiles() -> list[Tile]:
    """Rest, emotions, visemes, units, poses, distances, gaze."""
    tiles, n_visemes = motion_tiles(), len(_VISEMES)
    return [
        Tile("rest", _motion()),
        *_emotion_tiles(),
        *tiles[:n_visemes],
        *(Tile(name, _motion({name: 1.0})) for name in _UNITS),
        *tiles[n_visemes:],
    ]


def motion_tiles() -> list[Tile]:
    """Visemes, poses, distances, gaze."""
    return [
        *(Tile(f"viseme {name}", _motion(shape)) for name, shape in _VISEMES.items()),
        *(Tile(name, _motion(head_deg=angles)) for name, angles in _POSES_DEG.items()),
        *(Tile(f"distance {value}", _motion(distance=value)) for value in _DISTANCES),
        *(
            Tile(name, _motion(gaze_deg=angles, head_deg=(0, 12 if "yaw" in name else 0, 0)))
            for name, angles in _GAZES_DEG.items()
        ),
    ]


def draw_sheet(tiles: list[tuple[str, U8]]) -> U8:
    """Labelled pictures of one size on a grid.

    Args:
        tiles: label and (size, size, 3) RGB each.

    Returns:
        (H, W, 3) RGB.
    """
    import cv2
    import numpy as np

    edge = len(tiles[0][1])
    rows = -(-len(tiles) // _COLUMNS)
    sheet = np.full((rows * (edge + _LABEL_PX), _COLUMNS * edge, 3), 24, np.uint8)
    for place, (label, picture) in enumerate(tiles):
        top = (place // _COLUMNS) * (edge + _LABEL_PX)
        left = (place % _COLUMNS) * edge
        sheet[top + _LABEL_PX : top + _LABEL_PX + edge, left : left + edge] = picture
        at = (left + 6, top + _LABEL_PX - 7)
        cv2.putText(sheet, label, at, cv2.FONT_HERSHEY_SIMPLEX, 0.45, (235,) * 3, 1, cv2.LINE_AA)
    return sheet


def _emotion_tiles() -> list[Tile]:
    from vasa_avatar.datatypes import EMOTIONS, Emotion, Feeling
    from vasa_avatar.motion import feeling_motion

    return [Tile(name, feeling_motion(Feeling((Emotion(name),)))) for name in EMOTIONS[1:]]


def _motion(
    shape: dict[str, float] | None = None,
    head_deg: tuple[float, float, float] = (0.0, 0.0, 0.0),
    gaze_deg: tuple[float, float] = (0.0, 0.0),
    distance: float = 1.0,
) -> FaceMotion:
    """One pose of the face; a unit without its side means both sides."""
    import numpy as np

    from vasa_avatar.datatypes import ARKIT_INDEX, FaceMotion, HeadPose, K

    expression = np.zeros(K, np.float32)
    for name, amount in (shape or {}).items():
        sides = [name] if name in ARKIT_INDEX else [name + side for side in _BOTH]
        for full_name in sides:
            expression[ARKIT_INDEX[full_name]] = amount
    return FaceMotion(
        expression,
        HeadPose(
            np.radians(head_deg).astype(np.float32),
            np.array([0.0, 0.0, distance - 1.0], np.float32),
        ),
        np.array([math.radians(angle) for angle in gaze_deg], np.float32),
    )
