"""How well drawings are baked: what a blink leaves of the eyes, what a look aside moves.

    python -m vasa_avatar.training.drawing.bench_bake --drawings 20

Held-out drawings of the artist whose parts are known to the pixel, read by the nets and baked as a
user's picture is. A pixel of white or iris is gone when a shut eye shows skin there, the lash
line's ink, or what lies between.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vasa_avatar.appearance import build_avatar
from vasa_avatar.appearance.picture import make_canvas
from vasa_avatar.appearance.reading import FaceLandmarker, load_portrait
from vasa_avatar.datatypes import ARKIT_INDEX, F32, F64, FaceMotion, K
from vasa_avatar.errors import PortraitError
from vasa_avatar.geometry.drawn_layout import LEFT_EYE, MOUTH, RIGHT_EYE
from vasa_avatar.nets import ModelStore
from vasa_avatar.render import MeshRenderer
from vasa_avatar.training.drawing.figure import DrawnFace
from vasa_avatar.training.drawing.paper import Part
from vasa_avatar.training.drawing.pool import HELD_OUT_SEED
from vasa_avatar.training.drawing.scene import DrawnPicture, draw_picture

SIDE_PX = 512
GONE = 60.0
"""distance of colours, 0..441, within which a pixel is skin or ink"""
BAR = 0.97
GAZE_RAD = float(np.deg2rad(15.0))
MOVED, AWAY_PX = 60.0, 3
"""change of a pixel, summed over its colours, that is seen; how far beside an eye it may be"""
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Baked:
    """One drawing's figures."""

    gone: float
    """share of white and iris that a blink takes away"""
    moved: tuple[float, float]
    """share of the eyes' pixels that looking to either side changes"""
    outside: int
    """pixels that it changes beside them"""


def clear_drawings(n: int) -> list[tuple[int, DrawnPicture, DrawnFace]]:
    """Held-out drawings with one large face, eyes open and uncovered; their seeds first."""
    found: list[tuple[int, DrawnPicture, DrawnFace]] = []
    seed = HELD_OUT_SEED
    while len(found) < n:
        picture = draw_picture(seed, SIDE_PX)
        if len(picture.faces) == 1:
            face = picture.faces[0]
            is_clear = face.is_seen[:18].mean() > 0.75 and face.is_seen[MOUTH].mean() > 0.9
            if face.scale_px > 0.13 * SIDE_PX and is_clear and not any(face.eye_closed):
                found.append((seed, picture, face))
        seed += 1
    return found


def measure(picture: DrawnPicture, face: DrawnFace, landmarker: FaceLandmarker) -> Baked | None:
    """Bake a drawing and look at it; None where it was not taken for one."""
    portrait = load_portrait(picture.rgb, landmarker)
    if portrait.drawing is None:
        return None
    canvas = make_canvas(portrait.image_rgb, portrait.frame)
    renderer = MeshRenderer(build_avatar(picture.rgb), SIDE_PX)

    def frame(blink: float = 0.0, yaw_rad: float = 0.0) -> F64:
        expression = np.zeros(K, np.float32)
        expression[[ARKIT_INDEX["eyeBlinkLeft"], ARKIT_INDEX["eyeBlinkRight"]]] = blink
        gaze = np.array([0.0, yaw_rad], np.float32)
        return renderer.render(FaceMotion(expression, gaze_rad=gaze)).astype(np.float64)

    eyes = [canvas.to_design(face.points_px[eye]) for eye in (RIGHT_EYE, LEFT_EYE)]

    def shown(*parts: Part) -> Bools:
        """(S, S) where the frame shows these parts of the eyes."""
        rows, columns = np.nonzero(np.isin(picture.labels, parts))
        at = canvas.to_design(np.stack([columns + 0.5, rows + 0.5], -1).astype(np.float32))
        near = np.zeros(len(at), bool)
        for eye in eyes:
            near |= ((at > eye.min(0) - 4) & (at < eye.max(0) + 4)).all(1)
        x, y = np.clip(at[near].astype(int), 0, SIDE_PX - 1).T
        place = np.zeros((SIDE_PX, SIDE_PX), bool)
        place[y, x] = True
        return place

    rest = frame()
    opening, lash = shown(Part.WHITE, Part.IRIS), shown(Part.LASH)
    gone = _gone(rest, frame(blink=1.0), opening, lash, eyes)
    return Baked(gone, *_gaze(rest, [frame(yaw_rad=y) for y in (-GAZE_RAD, GAZE_RAD)],
                              opening, opening | lash))  # fmt: skip


def _gone(rest: F64, shut: F64, opening: Bools, lash: Bools, eyes: list[F32]) -> float:
    ink_seen = rest[lash] if lash.any() else rest[opening]
    light = ink_seen.mean(1)
    ink = ink_seen[light <= np.quantile(light, 0.2)].mean(0)
    x, y = np.stack([eye[6] + 0.35 * (eye[6] - eye[2]) for eye in eyes]).astype(int).T
    skin = shut[np.clip(y, 0, SIDE_PX - 1), np.clip(x, 0, SIDE_PX - 1)].mean(0)
    span = max(float((ink - skin) @ (ink - skin)), 1.0)
    line = np.clip(((shut[opening] - skin) @ (ink - skin)) / span, -0.5, 1.5)
    off = np.linalg.norm(shut[opening] - skin - line[:, None] * (ink - skin), axis=1)
    return float((off < GONE).mean())


def _gaze(
    rest: F64, aside: list[F64], opening: Bools, eyes: Bools
) -> tuple[tuple[float, float], int]:
    near = eyes.copy()
    for step in np.ndindex(2 * AWAY_PX + 1, 2 * AWAY_PX + 1):
        near |= np.roll(eyes, (step[0] - AWAY_PX, step[1] - AWAY_PX), (0, 1))
    changes = [np.abs(frame - rest).sum(-1) > MOVED for frame in aside]
    left, right = (float(change[opening].mean()) for change in changes)
    return (left, right), sum(int((change & ~near).sum()) for change in changes)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--drawings", type=int, default=20)
    args = parser.parse_args()
    landmarker = FaceLandmarker(ModelStore().path("face_landmarker"))
    figures: list[Baked] = []
    for seed, picture, face in clear_drawings(args.drawings):
        try:
            baked = measure(picture, face, landmarker)
        except PortraitError as error:
            print(f"drawing {seed}: {error}")
            continue
        if baked is None:
            print(f"drawing {seed}: not taken for a drawing")
            continue
        figures.append(baked)
        print(f"drawing {seed}: {baked.gone:.3f} gone, moved {baked.moved[0]:.2f} and "
              f"{baked.moved[1]:.2f}, {baked.outside} pixels beside")  # fmt: skip
    gone = np.array([one.gone for one in figures])
    moved = np.array([min(one.moved) for one in figures])
    print(f"a blink: {gone.mean():.3f} of white and iris are gone, {(gone >= BAR).sum()} of "
          f"{len(gone)} at {BAR} or more; a look of 15 degrees moves at least {moved.min():.2f} "
          f"of an eye's pixels, beside eyes {sum(one.outside for one in figures)}")  # fmt: skip


if __name__ == "__main__":
    main()
