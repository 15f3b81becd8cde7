"""Portrait to matte (how much of each pixel is person) and to the person's own colours.

MODNet (Ke et al. 2022) draws the matte when the model store has it; without it GrabCut (Rother et
al. 2004), seeded by the face, gives a coarser one. Either is sharpened along the picture's own
edges, and other people's and stray islands are removed.

Numbers that name no other source were set by eye, on contact sheets of the shipped and of generated
portraits.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vasa_avatar.appearance.picture import guided_filter
from vasa_avatar.appearance.reading import FaceLandmarks
from vasa_avatar.datatypes import F32, I32, U8, Floats
from vasa_avatar.geometry.face_topology import CHIN, FACE_OVAL, FOREHEAD_TOP
from vasa_avatar.nets.onnx_model import OnnxModel
from vasa_avatar.nets.store import ModelStore

log = logging.getLogger(__name__)

MODEL = "modnet"
_NET_SIDE_PX = 512
"""of the picture's shorter side (Ke et al. 2022, their demo's input)"""
_NET_STEP_PX = 32
"""the net halves its input five times"""
_CLOSE_UP = 4.6
"""side of the square around a small face that is looked at by itself, in face heights"""
SHARPEN_CM = 0.525
"""how far around its edge the matte is sharpened, on the head"""
_GRABCUT_SIDE_PX = 320
"""time grows faster than the area (1 s here, 8 s at 640 px), and the edge is sharpened anyway"""

_CHEST, _CHEST_SEEN = (0.4, 0.45, 0.7), 0.65
"""half axes of an ellipse on the chest and its middle below the chin, in face heights; how much of
it a matte of a drawing has at least that found the body"""
_CHIN_FADE = 0.1
"""over which what was found by colour ends at the chin, in face heights"""


@dataclass(frozen=True, slots=True, eq=False)
class Matte:
    """Where the person is."""

    alpha: F32
    """(H, W) 0..1"""
    is_coarse: bool
    """True when the matting net was not there: hair has hard edges"""


def estimate_matte(
    image_rgb: U8, landmarks: FaceLandmarks, store: ModelStore, is_drawn: bool = False
) -> Matte:
    """The person's matte: hair, head, and body.

    Args:
        image_rgb: (H, W, 3)
        landmarks: the person's face.
        store: MODNet is used if it is there; nothing is fetched here.
        is_drawn: of a drawing, which MODNet did not learn from: what it misses of the head is
            taken by colour.
    """
    is_coarse = not store.has(MODEL)
    if is_coarse:
        log.info(
            "hair gets coarse edges: the matting net is not on this machine "
            "(`vasa-avatar models fetch %s` gets it)",
            MODEL,
        )
        raw = coarse_alpha(image_rgb, landmarks)
        alpha = _sharpen(image_rgb, raw, landmarks, softness=1.0)
    else:
        net = OnnxModel(store.path(MODEL), {"input": (None, 3, None, None)}, ["output"])
        raw = _net_alpha(image_rgb, landmarks, net)
        if is_drawn:
            raw = _with_missed_head(image_rgb, landmarks, raw)
        alpha = _sharpen(image_rgb, raw, landmarks, softness=0.35)
    return Matte(_tidy(alpha, landmarks), is_coarse)


def decontaminate(image_rgb: U8 | F32, alpha: F32) -> F32:
    """The person's colours without the background that shines through at the edges.

    Blur-fusion (Forte 2021, Approximate Fast Foreground Colour Estimation, eq. 4-7), three passes.

    Args:
        image_rgb: (H, W, 3) 0..255
        alpha: (H, W) 0..1

    Returns:
        (H, W, 3) float32, 0..255; far outside the person it is a blur of the person's edge.
    """
    image = image_rgb.astype(np.float32)
    a = alpha[..., None].astype(np.float32)
    scale = max(image.shape[:2]) / 512
    foreground, background = image, image
    # Squared weights: nearly pure pixels say more about a colour than mixed ones.
    person_share, background_share = a**2 + 1e-6, (1 - a) ** 2 + 1e-6
    for radius in (45 * scale, 12 * scale, 3 * scale):
        kernel = (2 * round(radius) + 1,) * 2
        foreground_mean = _weighted_mean(foreground, person_share, kernel)
        background_mean = _weighted_mean(background, background_share, kernel)
        rest = image - a * foreground_mean - (1 - a) * background_mean
        foreground = np.clip(foreground_mean + a * rest, 0, 255)
        background = np.clip(background_mean + (1 - a) * rest, 0, 255)
    solid = a > 0.995
    return np.where(solid, image, foreground).astype(np.float32)


def _weighted_mean(picture: F32, weight: F32, kernel: tuple[int, int]) -> F32:
    total = cv2.blur(picture * weight, kernel)
    return np.asarray(total / cv2.blur(weight, kernel)[..., None], np.float32)


def _net_alpha(image_rgb: U8, landmarks: FaceLandmarks, net: OnnxModel) -> F32:
    """(H, W) MODNet's matte; a small face is looked at again from close by."""
    alpha = _run_net(image_rgb, net)
    height, width = alpha.shape
    low, high = landmarks.box_px[:2], landmarks.box_px[2:]
    side = int(_CLOSE_UP * float(high[1] - low[1]))
    if side > 0.7 * max(height, width):
        return alpha
    centre = (low + high) / 2
    x0 = int(np.clip(centre[0] - side / 2, 0, max(0, width - side)))
    y0 = int(np.clip(centre[1] - 0.42 * side, 0, max(0, height - side)))
    part = image_rgb[y0 : y0 + side, x0 : x0 + side]
    close = _run_net(part, net)
    weight = _feather(part.shape[:2], (x0, y0), (height, width), side // 8)
    out = alpha.copy()
    view = out[y0 : y0 + side, x0 : x0 + side]
    view += weight * (close - view)
    return out


def _feather(
    shape: tuple[int, ...], corner: tuple[int, int], whole: tuple[int, int], margin: int
) -> F32:
    """Weights that fall to 0 at those sides of a part that are not sides of the picture."""
    ramps = []
    for length, start, total in ((shape[0], corner[1], whole[0]), (shape[1], corner[0], whole[1])):
        at = np.arange(length, dtype=np.float32)
        first = np.ones(length) if start == 0 else np.clip(at / margin, 0, 1)
        last = (
            np.ones(length)
            if start + length >= total
            else np.clip((length - 1 - at) / margin, 0, 1)
        )
        ramps.append(np.minimum(first, last).astype(np.float32))
    return np.asarray(ramps[0][:, None] * ramps[1][None, :], np.float32)


def _run_net(image_rgb: U8, net: OnnxModel) -> F32:
    height, width = image_rgb.shape[:2]
    scale = _NET_SIDE_PX / min(height, width)
    size = tuple(
        int(min(round(n * scale / _NET_STEP_PX), 2 * _NET_SIDE_PX // _NET_STEP_PX) * _NET_STEP_PX)
        for n in (width, height)
    )
    mode = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(image_rgb, size, interpolation=mode).astype(np.float32)
    tensor = ((small - 127.5) / 127.5).transpose(2, 0, 1)[None]
    (result,) = net.run(input=np.ascontiguousarray(tensor))
    alpha = cv2.resize(result[0, 0], (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(alpha, 0, 1), np.float32)


def _with_missed_head(image_rgb: U8, landmarks: FaceLandmarks, alpha: F32) -> F32:
    """(H, W) with what GrabCut finds of the head, and of the body where the chest was missed."""
    chin, top = landmarks.points_px[CHIN, :2], landmarks.points_px[FOREHEAD_TOP, :2]
    face_height = max(float(np.linalg.norm(chin - top)), 1.0)
    down = (chin - top) / face_height
    ys, xs = np.mgrid[: alpha.shape[0], : alpha.shape[1]].astype(np.float32)
    below = ((xs - chin[0]) * down[0] + (ys - chin[1]) * down[1]) / face_height
    aside = ((xs - chin[0]) * down[1] - (ys - chin[1]) * down[0]) / face_height
    chest = np.hypot(aside / _CHEST[0], (below - _CHEST[2]) / _CHEST[1]) < 1.0
    is_missed = bool(chest.any()) and float(alpha[chest].mean()) < _CHEST_SEEN
    reach = np.float32(1.0) if is_missed else np.clip(-below / _CHIN_FADE, 0.0, 1.0)
    found = coarse_alpha(image_rgb, landmarks) * reach
    return np.maximum(alpha, found).astype(np.float32)


def _sharpen(image_rgb: U8, alpha: F32, landmarks: FaceLandmarks, softness: float) -> F32:
    """Let the matte's edge follow the picture's edges, in the band where it is unsure."""
    radius = max(2, round(SHARPEN_CM * landmarks.scale_px))
    guide = image_rgb.astype(np.float32) / 255.0
    fine = guided_filter(guide, alpha, radius, 2e-4)
    band = cv2.dilate(((alpha > 0.02) & (alpha < 0.98)).astype(np.float32), _disc(radius))
    band = cv2.GaussianBlur(band, (0, 0), radius / 2)
    # Within reach of the matte's own edge only: textures far from it must not show through.
    reach = _disc(max(1, round(radius / 3)))
    fine = np.clip(fine, cv2.erode(alpha, reach), cv2.dilate(alpha, reach))
    mixed = alpha + band * (1.0 - 0.5 * softness) * (np.clip(fine, 0, 1) - alpha)
    # Guided filters leave a thin veil on both sides; a little contrast takes it away.
    return np.asarray(np.clip((mixed - 0.035) / 0.93, 0, 1), np.float32)


def _disc(radius: int) -> U8:
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return disc.astype(np.uint8)


def _tidy(alpha: F32, landmarks: FaceLandmarks) -> F32:
    """Keep the piece that carries the face, fill holes in the face and small ones elsewhere."""
    face_px = landmarks.width_px
    oval = np.zeros(alpha.shape, np.uint8)
    rim = np.rint(landmarks.points_px[list(FACE_OVAL), :2] - 0.5).astype(np.int32)
    cv2.fillPoly(oval, [rim], 1)
    solid = ((alpha > 0.35) | (oval > 0)).astype(np.uint8)
    _, labels = cv2.connectedComponents(solid)
    label = np.bincount(labels[oval > 0], minlength=2)[1:].argmax() + 1
    body = (labels == label).astype(np.uint8)
    reach = cv2.dilate(body, _disc(max(2, round(0.06 * face_px))))
    keep = cv2.GaussianBlur(reach.astype(np.float32), (0, 0), max(1.0, 0.012 * face_px))
    out = alpha * np.where(body > 0, 1.0, keep)
    out[_inner_holes(body, face_px)] = 1.0
    inner = cv2.erode(oval, _disc(max(1, round(0.03 * face_px))))
    sure = cv2.GaussianBlur(inner.astype(np.float32), (0, 0), max(1.0, 0.01 * face_px))
    return np.clip(np.maximum(out, sure), 0, 1).astype(np.float32)


def _inner_holes(body: U8, face_px: float) -> NDArray[np.bool_]:
    """Small holes deep inside the person; gaps between strands at the rim stay."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(1 - body, connectivity=4)
    outside = np.zeros(body.shape, np.uint8)
    small = []
    for index in range(1, count):
        if _at_edge(stats[index], body.shape):
            outside[labels == index] = 1
        elif stats[index, cv2.CC_STAT_AREA] < (0.1 * face_px) ** 2:
            small.append(index)
    depth = cv2.distanceTransform(1 - outside, cv2.DIST_L2, 3)
    deep = [index for index in small if depth[labels == index].min() > 0.12 * face_px]
    holes: NDArray[np.bool_] = np.isin(labels, deep)
    return holes


def _at_edge(stats: I32, shape: tuple[int, ...]) -> bool:
    x, y, width, height = (int(n) for n in stats[:4])
    return x == 0 or y == 0 or x + width == shape[1] or y + height == shape[0]


def coarse_alpha(image_rgb: U8, landmarks: FaceLandmarks) -> F32:
    """A matte without nets: GrabCut, told by the face where head and shoulders may be.

    Args:
        image_rgb: (H, W, 3)
        landmarks: the person's face.

    Returns:
        (H, W) 0..1, soft at the edge.
    """
    height, width = image_rgb.shape[:2]
    scale = min(1.0, _GRABCUT_SIDE_PX / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(image_rgb, size, interpolation=cv2.INTER_AREA)
    seeds = _seeds(landmarks.points_px * scale, size)
    bgr = np.ascontiguousarray(small[..., ::-1])
    background, foreground = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(1)
    labels, _, _ = cv2.grabCut(
        bgr, seeds, (0, 0, 1, 1), background, foreground, 6, cv2.GC_INIT_WITH_MASK
    )
    person = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    found = cv2.morphologyEx(person, cv2.MORPH_OPEN, _disc(2))
    soft = cv2.GaussianBlur(found.astype(np.float32), (0, 0), 1.2)
    alpha = cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.clip(alpha, 0, 1).astype(np.float32)


def _seeds(points: F32, size_wh: tuple[int, int]) -> U8:
    """GrabCut's labels: face and middle of the chest are person; what is far away is not."""
    width, height = size_wh
    xy = points[:, :2]
    chin, top = xy[CHIN], xy[FOREHEAD_TOP]
    centre, face_height = (chin + top) / 2, float(np.linalg.norm(chin - top))
    seeds = np.full((height, width), cv2.GC_BGD, np.uint8)

    def ellipse(middle: Floats, axes: tuple[float, float], label: int) -> None:
        place = tuple(int(round(float(v))) for v in middle)
        cv2.ellipse(seeds, place, tuple(int(a) for a in axes), 0, 0, 360, label, -1)

    down = np.array([0.0, face_height])
    ellipse(centre - 0.1 * down, (1.05 * face_height, 1.15 * face_height), cv2.GC_PR_BGD)
    shoulders = int(chin[1] + 0.25 * face_height)
    half = 1.7 * face_height
    corners = np.array(
        [
            (centre[0] - 0.6 * face_height, chin[1] - 0.1 * face_height),
            (centre[0] + 0.6 * face_height, chin[1] - 0.1 * face_height),
            (centre[0] + half, shoulders + 0.6 * face_height),
            (centre[0] + half * 1.2, height),
            (centre[0] - half * 1.2, height),
            (centre[0] - half, shoulders + 0.6 * face_height),
        ]
    )
    cv2.fillPoly(seeds, [np.rint(corners).astype(np.int32)], int(cv2.GC_PR_FGD))
    ellipse(centre - 0.12 * down, (0.62 * face_height, 0.80 * face_height), cv2.GC_PR_FGD)
    cv2.fillPoly(seeds, [np.rint(xy[list(FACE_OVAL)]).astype(np.int32)], int(cv2.GC_FGD))
    ellipse(centre - 0.1 * down, (0.42 * face_height, 0.63 * face_height), cv2.GC_FGD)
    neck = chin + 0.2 * down
    ellipse(neck, (0.22 * face_height, 0.3 * face_height), cv2.GC_FGD)
    ellipse(chin + 1.1 * down, (0.5 * face_height, 0.6 * face_height), cv2.GC_FGD)
    return seeds
