"""Commands an avatar, renders, measures the frames: how well does a viewer see the command?

    python tests/bench/bench_control.py PORTRAIT... [--json out.json] [--sheet out.png]

For every control: correlation, gain (slope of measured over commanded) and mean error, per portrait
and in all. Angles in degrees, distance in percent, coefficients 0..1 as the face tracker reads
them. Offsets of the portrait itself (its own pose and gaze) are taken out.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from vasa_avatar.appearance import Avatar, build_avatar, load_avatar
from vasa_avatar.appearance.reading import FaceLandmarker, Measured, gaze_from_rest, measure_face
from vasa_avatar.datatypes import ARKIT_INDEX, FaceMotion, HeadPose, K
from vasa_avatar.errors import PortraitError
from vasa_avatar.nets import ModelStore
from vasa_avatar.render import MeshRenderer

LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class Control:
    """One thing to command and how to read it back."""

    name: str
    values: tuple[float, ...]
    command: Callable[[float], FaceMotion]
    read: Callable[[Measured, Measured], float]
    """from the measured frame and the measured frame at rest"""


def _head(pitch: float = 0, yaw: float = 0, roll: float = 0, distance: float = 1) -> FaceMotion:
    angles = np.deg2rad([pitch, yaw, roll]).astype(np.float32)
    return FaceMotion(head=HeadPose(angles, np.array([0, 0, distance - 1], np.float32)))


def _gaze(pitch: float = 0, yaw: float = 0) -> FaceMotion:
    return FaceMotion(gaze_rad=np.deg2rad([pitch, yaw]).astype(np.float32))


def _expression(names: tuple[str, ...], level: float) -> FaceMotion:
    values = np.zeros(K, np.float32)
    values[[ARKIT_INDEX[name] for name in names]] = level
    return FaceMotion(expression=values)


def _unit(label: str, *names: str) -> Control:
    index = [ARKIT_INDEX[name] for name in names]

    def read(seen: Measured, rest: Measured) -> float:
        return float(seen.coefficients[index].mean())

    return Control(label, LEVELS, lambda level: _expression(names, level), read)


def _degrees(field: str, axis: int) -> Callable[[Measured, Measured], float]:
    def read(seen: Measured, rest: Measured) -> float:
        return float(np.rad2deg(getattr(seen, field)[axis] - getattr(rest, field)[axis]))

    return read


def _irises(axis: int) -> Callable[[Measured, Measured], float]:
    def read(seen: Measured, rest: Measured) -> float:
        return float(np.rad2deg(gaze_from_rest(seen, rest)[axis]))

    return read


def _pair(name: str) -> Control:
    return _unit(name, f"{name}Left", f"{name}Right")


CONTROLS = (
    Control("yaw", (-15, -10, -5, 0, 5, 10, 15), lambda v: _head(yaw=v), _degrees("pose_rad", 1)),
    Control("pitch", (-10, -6, -3, 0, 3, 6, 10), lambda v: _head(v), _degrees("pose_rad", 0)),
    Control("roll", (-10, -6, -3, 0, 3, 6, 10), lambda v: _head(roll=v), _degrees("pose_rad", 2)),
    Control(
        "distance_pct", (80, 90, 100, 115, 130, 150), lambda v: _head(distance=v / 100),
        lambda seen, rest: 100 * rest.scale_px / seen.scale_px,
    ),
    Control(
        "gaze_yaw", (-20, -13, -6, 0, 6, 13, 20), lambda v: _gaze(yaw=v), _degrees("gaze_rad", 1)
    ),
    Control(
        "gaze_pitch", (-15, -10, -5, 0, 5, 10, 15), lambda v: _gaze(v), _degrees("gaze_rad", 0)
    ),
    Control(
        "iris_yaw", (-20, -13, -6, 0, 6, 13, 20), lambda v: _gaze(yaw=v), _irises(1)
    ),
    Control("iris_pitch", (-15, -10, -5, 0, 5, 10, 15), lambda v: _gaze(v), _irises(0)),
    _unit("jawOpen", "jawOpen"),
    _pair("mouthSmile"),
    _pair("eyeBlink"),
    Control(
        "lid_closure", LEVELS, lambda v: _expression(("eyeBlinkLeft", "eyeBlinkRight"), v),
        lambda seen, rest: 1 - float((seen.eye_opening / rest.eye_opening).mean()),
    ),
    _unit("mouthPucker", "mouthPucker"),
    _unit("mouthFunnel", "mouthFunnel"),
    _unit("browInnerUp", "browInnerUp"),
    _pair("browDown"),
    _pair("mouthStretch"),
    _pair("mouthFrown"),
    _pair("mouthUpperUp"),
    _pair("mouthLowerDown"),
    _pair("eyeSquint"),
    _pair("eyeWide"),
)  # fmt: skip


def score(commanded: list[float], measured: list[float]) -> dict[str, float]:
    """Correlation, gain and mean error of what was seen against what was commanded."""
    x, y = np.array(commanded), np.array(measured)
    spread = float(((x - x.mean()) ** 2).sum())
    gain = float(((x - x.mean()) * (y - y.mean())).sum()) / spread
    correlation = float(np.corrcoef(x, y)[0, 1]) if y.std() > 1e-9 else 0.0
    return {"r": correlation, "gain": gain, "error": float(np.abs(y - x).mean()),
            "first": float(y[0]), "last": float(y[-1])}  # fmt: skip


def measure_avatar(
    avatar: Avatar, landmarker: FaceLandmarker, size_px: int
) -> tuple[dict[str, dict[str, float]], list[Any]]:
    """Scores of every control, and the frames at both ends of each."""
    renderer = MeshRenderer(avatar, size_px)
    rest = measure_face(renderer.render(FaceMotion()), landmarker)
    scores: dict[str, dict[str, float]] = {}
    ends = []
    for control in CONTROLS:
        commanded, measured, lost = [], [], 0
        for value in control.values:
            frame = renderer.render(control.command(value))
            seen = measure_face(frame, landmarker)
            if value in (control.values[0], control.values[-1]):
                ends.append((f"{control.name} {value:g}", frame.copy()))
            if seen is None or rest is None:
                lost += 1
                continue
            commanded.append(float(value))
            measured.append(control.read(seen, rest))
        if len(measured) > 2:
            scores[control.name] = score(commanded, measured)
            scores[control.name]["lost"] = lost
    return scores, ends


def _sheet(ends: list[Any], columns: int = 8, side: int = 224) -> Any:
    tiles = []
    for label, frame in ends:
        tile = cv2.resize(frame, (side, side), interpolation=cv2.INTER_AREA)
        cv2.putText(tile, label, (4, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (255, 255, 0), 1)
        tiles.append(tile)
    while len(tiles) % columns:
        tiles.append(np.zeros_like(tiles[0]))
    rows = [np.hstack(tiles[i : i + columns]) for i in range(0, len(tiles), columns)]
    return np.vstack(rows)[..., ::-1]


def _print_table(all_scores: dict[str, dict[str, dict[str, float]]]) -> None:
    print(f"{'control':14s} {'r mean':>7s} {'r min':>6s} {'gain':>6s} {'range':>13s} {'error':>6s}"
          f" {'at end':>7s} {'lost':>4s}")  # fmt: skip
    for control in CONTROLS:
        rows = [s[control.name] for s in all_scores.values() if control.name in s]
        if not rows:
            continue
        column = {key: np.array([row[key] for row in rows]) for key in rows[0]}
        print(
            f"{control.name:14s} {column['r'].mean():7.3f} {column['r'].min():6.2f} "
            f"{column['gain'].mean():6.2f} {column['gain'].min():6.2f}..{column['gain'].max():.2f} "
            f"{column['error'].mean():6.2f} {column['last'].mean():7.2f} "
            f"{int(column['lost'].sum()):4d}"
        )


def main() -> None:
    """Run over all portraits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("portraits", nargs="+", type=Path, help="pictures, or baked avatars (.npz)")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--sheet", type=Path, help="PNG name; one sheet per portrait")
    parser.add_argument("--size", type=int, default=512)
    args = parser.parse_args()
    store = ModelStore()
    landmarker = FaceLandmarker(store.path("face_landmarker"))
    all_scores = {}
    for path in args.portraits:
        start = time.perf_counter()
        try:
            avatar = load_avatar(path) if path.suffix == ".npz" else build_avatar(path, store=store)
        except PortraitError as error:
            print(f"{path.name}: refused, {error.reason}: {error}")
            continue
        scores, ends = measure_avatar(avatar, landmarker, args.size)
        all_scores[path.stem] = scores
        print(f"{path.name}: {time.perf_counter() - start:.1f} s", file=sys.stderr)
        if args.sheet:
            name = args.sheet.with_name(f"{args.sheet.stem}_{path.stem}.png")
            cv2.imwrite(str(name), _sheet(ends))
    _print_table(all_scores)
    if args.json:
        args.json.write_text(json.dumps(all_scores, indent=1))


if __name__ == "__main__":
    main()
