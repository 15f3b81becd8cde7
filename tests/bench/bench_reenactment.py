"""Films onto themselves: track a clip, render its motion on one calm frame, compare with the film.

    python tests/bench/bench_reenactment.py CLIP... [--every 8] [--frames 400] [--json out.json]
        [--sheet out.png] [--vgg]

Needs torch for LPIPS. Per clip and in the mean: LPIPS on the face box (and that of the calm frame
left standing), SSIM, landmark error in percent of the distance between the outer eye corners, head
pose error in degrees, identity (SFace cosine to the calm frame), correlation of mouth opening.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from perceptual import Identity, Lpips, ssim

from vasa_avatar.appearance import Avatar, build_avatar
from vasa_avatar.appearance.picture import square_crop
from vasa_avatar.appearance.reading import FaceLandmarker, measure_face
from vasa_avatar.appearance.tracking import (
    DrawnGains,
    FilmTrack,
    calmest_frame,
    fit_motion,
    open_film,
    read_film,
)
from vasa_avatar.datatypes import U8, MotionClip
from vasa_avatar.errors import VasaError
from vasa_avatar.nets import ModelStore
from vasa_avatar.render import MeshRenderer

SIZE_PX = 512
BOX_PX = 256
BOX_MARGIN = 0.15
"""of the landmarks' size, on each side of them"""


@dataclass(frozen=True, slots=True)
class Judges:
    """What scores a frame."""

    landmarker: FaceLandmarker
    identity: Identity
    lpips: dict[str, Lpips]


def cut(frame: U8, origin: tuple[int, int], side: int) -> U8:
    """The square that the avatar's frame shows, at SIZE_PX."""
    x, y = origin
    part = frame[y : y + side, x : x + side]
    mode = cv2.INTER_AREA if side > SIZE_PX else cv2.INTER_CUBIC
    return cv2.resize(part, (SIZE_PX, SIZE_PX), interpolation=mode)


def face_box(frame: U8, points_xy: Any) -> U8:
    """The face of a SIZE_PX frame, square, at BOX_PX."""
    low, high = points_xy.min(0), points_xy.max(0)
    side = float((high - low).max()) * (1 + 2 * BOX_MARGIN)
    left, top = (low + high) / 2 - side / 2
    scale = BOX_PX / side
    matrix = np.array([[scale, 0, -left * scale], [0, scale, -top * scale]])
    mode = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return cv2.warpAffine(
        frame, matrix, (BOX_PX, BOX_PX), flags=mode, borderMode=cv2.BORDER_REPLICATE
    )


def _opening(points: Any) -> float:
    return float(np.linalg.norm(points[13, :2] - points[14, :2]))


def score_frame(
    real: U8, drawn: U8, calm: U8, judges: Judges, anchor: Any
) -> dict[str, float] | None:
    """Scores of one drawn frame against the filmed one."""
    truth = measure_face(real, judges.landmarker)
    if truth is None:
        return None
    seen = measure_face(drawn, judges.landmarker)
    if seen is None:
        return {"lost": 1.0}
    points, found = truth.landmarks.points_px, seen.landmarks.points_px
    distance = np.linalg.norm(points[:468, :2] - found[:468, :2], axis=1)
    lips = distance[[61, 291, 0, 17, 13, 14]]
    boxes = [face_box(image, points[:, :2]) for image in (real, drawn, calm)]
    row = {
        "lost": 0.0,
        "ssim": ssim(boxes[0], boxes[1]),
        "landmark_pct": 100 * float(distance.mean()) / truth.landmarks.eye_distance_px,
        "lips_pct": 100 * float(lips.mean()) / truth.landmarks.eye_distance_px,
        "pose_deg": float(np.rad2deg(np.abs(truth.pose_rad - seen.pose_rad)).mean()),
        "gaze_deg": float(np.rad2deg(np.abs(truth.gaze_rad - seen.gaze_rad)).mean()),
        "identity": float(judges.identity.embed(drawn, found) @ anchor),
        "opening_real": _opening(points), "opening_drawn": _opening(found),
    }  # fmt: skip
    for name, lpips in judges.lpips.items():
        row[f"lpips_{name}"] = lpips(boxes[0], boxes[1])
        row[f"standing_{name}"] = lpips(boxes[0], boxes[2])
    return row


def run_clip(
    path: Path, judges: Judges, every: int, limit: int, store: ModelStore
) -> tuple[dict[str, float], Any]:
    """Mean scores of a clip, and a sheet of filmed frames above drawn ones."""
    track = _cut_track(read_film(path, judges.landmarker), limit)
    reference = calmest_frame(track)
    frames = _frames(path, {reference, *range(0, len(track), every)})
    avatar = build_avatar(frames[reference], store=store)
    clip = fit_motion(track, reference, DrawnGains.of(avatar))
    box = track.points_px[reference, :, :2]
    square = square_crop(track.size_wh, box.min(0), box.max(0))
    calm = cut(frames[reference], square.corner_px, square.side_px)
    drawn = _draw(avatar, clip, [n for n in frames if n % every == 0])
    anchor_face = judges.landmarker.detect(calm)[0]
    anchor = judges.identity.embed(calm, anchor_face.points_px)
    rows, columns = [], []
    for number, picture in drawn.items():
        real = cut(frames[number], square.corner_px, square.side_px)
        row = score_frame(real, picture, calm, judges, anchor)
        if row is not None:
            rows.append(row)
            columns.append(np.vstack([real, picture]))
    return _summary(rows, reference), _sheet(columns)


def _cut_track(track: FilmTrack, limit: int) -> FilmTrack:
    if len(track) <= limit:
        return track
    names = ("points_px", "blendshapes", "pose_rad", "gaze_rad", "is_gaze_seen", "is_found")
    return dataclasses.replace(track, **{name: getattr(track, name)[:limit] for name in names})


def _frames(path: Path, wanted: set[int]) -> dict[int, U8]:
    frames = {}
    for number, frame in enumerate(open_film(path).frames()):
        if number in wanted:
            frames[number] = frame
        if number >= max(wanted):
            break
    return frames


def _draw(avatar: Avatar, clip: MotionClip, numbers: list[int]) -> dict[int, U8]:
    renderer = MeshRenderer(avatar, SIZE_PX)
    return {number: renderer.render(clip.frame(number)) for number in sorted(numbers)}


def _summary(rows: list[dict[str, float]], reference: int) -> dict[str, float]:
    good = [row for row in rows if not row["lost"]]
    out = {key: float(np.mean([row[key] for row in good])) for key in good[0]}
    openings = np.array([(row["opening_real"], row["opening_drawn"]) for row in good]).T
    out["opening_r"] = float(np.corrcoef(openings)[0, 1]) if openings.std(1).min() > 0 else 0.0
    out["identity_worst"] = min(row["identity"] for row in good)
    out |= {"lost": float(sum(row["lost"] for row in rows)), "frames": float(len(rows)),
            "reference": float(reference)}  # fmt: skip
    return out


def _sheet(columns: list[Any], count: int = 8) -> Any:
    picked = [columns[i] for i in np.linspace(0, len(columns) - 1, count).astype(int)]
    sheet = cv2.resize(np.hstack(picked), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return sheet[..., ::-1]


SHOWN = ("lpips_alex", "standing_alex", "lpips_vgg", "ssim", "landmark_pct", "lips_pct", "pose_deg",
         "gaze_deg", "identity", "identity_worst", "opening_r", "lost")  # fmt: skip


def main() -> None:
    """Run over all clips."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clips", nargs="+", type=Path)
    parser.add_argument("--every", type=int, default=8, help="score every n-th frame")
    parser.add_argument("--frames", type=int, default=400, help="use the first n frames")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--sheet", type=Path, help="PNG name; one sheet per clip")
    parser.add_argument("--vgg", action="store_true", help="LPIPS with VGG16 as well (slow)")
    args = parser.parse_args()
    store = ModelStore()
    kinds = ("alex", "vgg") if args.vgg else ("alex",)
    judges = Judges(
        FaceLandmarker(store.path("face_landmarker")),
        Identity(store),
        {kind: Lpips(kind, store) for kind in kinds},
    )
    results: dict[str, dict[str, float]] = {}
    shown = [name for name in SHOWN if args.vgg or name != "lpips_vgg"]
    print("clip      " + " ".join(f"{name[:12]:>12s}" for name in shown))
    for path in args.clips:
        start = time.perf_counter()
        try:
            results[path.stem], sheet = run_clip(path, judges, args.every, args.frames, store)
        except VasaError as error:
            print(f"{path.name}: {error}")
            continue
        row = results[path.stem]
        print(f"{path.stem:10s}" + " ".join(f"{row[name]:12.3f}" for name in shown), flush=True)
        print(f"{path.name}: {time.perf_counter() - start:.0f} s", file=sys.stderr)
        if args.sheet:
            cv2.imwrite(str(args.sheet.with_name(f"{args.sheet.stem}_{path.stem}.png")), sheet)
    if results:
        means = [np.mean([row[name] for row in results.values()]) for name in shown]
        print("mean      " + " ".join(f"{value:12.3f}" for value in means))
    if args.json:
        args.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
