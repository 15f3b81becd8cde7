"""Filmed clips to weights/body_follow.json: how neck, shoulders and torso follow the head.

    python -m vasa_avatar.training.motion.measure_body --corpus CORPUS --matte modnet.onnx \
        --out vasa_avatar/weights/body_follow.json

In each clip and band of height, the body's motion over .4 s is regressed on the head's; the table
holds medians over clips that move enough.
"""

from __future__ import annotations

import argparse
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from vasa_avatar.datatypes import F64
from vasa_avatar.training.face.face_tracks import trainable_clips
from vasa_avatar.training.motion.body_flow import BANDS, Matte, Windows, clip_windows

HEAD = ("pitch", "yaw", "roll", "x", "y", "log_scale")
TERMS = {
    "shift_x": (0, ("x", "yaw", "roll")),
    "shift_y": (1, ("y", "pitch")),
    "roll": (2, ("roll", "x")),
    "log_scale": (3, ("log_scale",)),
}
MIN_WINDOWS = 20
MIN_MOTION = {"x": 0.012, "y": 0.012, "roll": 0.015, "log_scale": 0.006}
"""Standard deviation below which a clip says nothing about a term."""
WHOLE_BODY_X = 0.06
"""From this standard deviation of the head's x on, the person sways or walks as a whole."""
BREATH_FACE_WIDTHS = 0.012
"""Typical lift of the shoulders at a full breath: what the head does not explain of their vertical
motion in seated clips, .005 to .014 (a sine's .4 s change, 1.48 times the median, times 2.1)."""
SHRINK = 2e-5
MATTE_SIDE = 320


def modnet(path: Path) -> Matte:
    """A matte function from MODNet's ONNX file; BGR picture in, 0..1 out."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options)
    name = session.get_inputs()[0].name

    def matte(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        height, width = picture.shape[:2]
        scale = MATTE_SIDE / min(height, width)
        size = [max(32, round(side * scale / 32) * 32) for side in (width, height)]
        small = cv2.resize(picture[:, :, ::-1], size).astype(np.float32) / 127.5 - 1
        alpha = session.run(None, {name: small.transpose(2, 0, 1)[None]})[0][0, 0]
        return np.asarray(cv2.resize(alpha, (width, height)), np.float32)

    return matte


def robust_fit(x: F64, y: F64) -> tuple[F64, float]:
    """Trimmed least squares, slightly shrunk to zero: coefficients and explained variance."""
    keep = np.ones(len(y), bool)
    weights = np.zeros(x.shape[1])
    for _ in range(4):
        normal = x[keep].T @ x[keep] + SHRINK * keep.sum() * np.eye(x.shape[1])
        weights = np.linalg.solve(normal, x[keep].T @ y[keep])
        error = np.abs(y - x @ weights)
        keep = error < 3.5 * 1.48 * np.median(error[keep]) + 1e-4
    rest = y - x @ weights
    return weights, float(1 - (rest[keep] ** 2).sum() / max((y[keep] ** 2).sum(), 1e-12))


def fit_clip(windows: Windows) -> list[dict[str, Any]]:
    """One row per band and term of one clip."""
    rows: list[dict[str, Any]] = []
    if len(windows.head) < MIN_WINDOWS:
        return rows
    for band in range(len(BANDS)):
        for term, (output, inputs) in TERMS.items():
            y = windows.body[:, band, output]
            x = windows.head[:, [HEAD.index(name) for name in inputs]]
            good = np.isfinite(y)
            moves = good.any() and float(x[good][:, 0].std()) >= MIN_MOTION[inputs[0]]
            if good.sum() < MIN_WINDOWS or not moves:
                continue
            weights, explained = robust_fit(x[good], y[good])
            rows.append({"band": band, "term": term, "weights": weights, "explained": explained})
    return rows


def table(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Medians over clips, per term and band."""
    out: dict[str, Any] = {}
    for term, (_, inputs) in TERMS.items():
        entry: dict[str, Any] = {f"per_{name}": [] for name in inputs}
        entry["clips"], entry["explained"] = [], []
        for band in range(len(BANDS)):
            chosen = [r for r in rows if r["term"] == term and r["band"] == band]
            entry["clips"].append(len(chosen))
            weights = np.array([r["weights"] for r in chosen]).reshape(-1, len(inputs))
            for column, name in enumerate(inputs):
                value = float(np.median(weights[:, column])) if chosen else None
                entry[f"per_{name}"].append(None if value is None else round(value, 3))
            explained = [r["explained"] for r in chosen]
            entry["explained"].append(round(float(np.median(explained)), 2) if chosen else None)
        out[term] = entry
    return out


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--matte", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    with np.load(str(files("vasa_avatar") / "weights" / "face_basis.npz")) as basis:
        mean_shape = basis["mean_shape"].astype(np.float64)
    matte = modnet(args.matte)
    rows: dict[str, list[dict[str, Any]]] = {"seated": [], "whole_body": []}
    for track in trainable_clips(args.corpus):
        film = next((args.corpus / "clips").glob(track.stem + ".*"))
        windows = clip_windows(film, track, mean_shape, matte)
        sways = len(windows.head) > 0 and windows.head[:, 3].std() >= WHOLE_BODY_X
        group = "whole_body" if sways else "seated"
        rows[group] += fit_clip(windows)
        print(track.stem, group, len(windows.head))
    measured = {
        "about": "motion of the body per motion of the head's pivot, medians over clips; lengths in"
        " face widths, angles in radians; the body does not lag (correlation is highest at 0 s)",
        "height_below_chin_face_heights": [round(sum(band) / 2, 3) for band in BANDS],
        "lag_s": 0.0,
        "breath_face_widths": BREATH_FACE_WIDTHS,
        **{group: table(found) for group, found in rows.items()},
    }
    args.out.write_text(json.dumps(measured, indent=1) + "\n")


if __name__ == "__main__":
    main()
