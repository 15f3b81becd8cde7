"""Scores of two pictures: LPIPS, SSIM, identity. LPIPS needs torch, which the package does not."""

from __future__ import annotations

import importlib
import pickle
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from vasa_avatar.datatypes import F32, U8
from vasa_avatar.nets import ModelStore

_POOL_BEFORE = {"alex": (1, 2), "vgg": (2, 4, 7, 10)}
"""convolutions that a 2x (3 wide for alex) max pool precedes"""
_TAPS = {"alex": (0, 1, 2, 3, 4), "vgg": (1, 3, 6, 9, 12)}
"""convolutions whose activations are compared"""
_STRIDE_PAD = {"alex": ((4, 2), (1, 2), (1, 1), (1, 1), (1, 1)), "vgg": ((1, 1),) * 13}
_SHIFT, _SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)


class _ArraysOnly(pickle.Unpickler):
    """Reads pickled dictionaries of numpy arrays and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in {
            ("numpy.core.multiarray", "_reconstruct"),
            ("numpy", "ndarray"),
            ("numpy", "dtype"),
        }:
            return getattr(importlib.import_module(module.replace("core", "_core")), name)
        raise pickle.UnpicklingError(f"{module}.{name} is not allowed in a weight file")


class Lpips:
    """Learned perceptual distance (Zhang et al. 2018), version 0.1.

    Args:
        kind: "alex" or "vgg".
        store: holds the weights.
    """

    def __init__(self, kind: str, store: ModelStore) -> None:
        import torch

        self._torch = torch
        self._kind = kind
        with store.path(f"lpips_{kind}").open("rb") as file:
            tree = _ArraysOnly(file).load()
        net = tree[{"alex": "AlexNet_0", "vgg": "VGG16_0"}[kind]]
        self._convs = [
            (
                torch.tensor(
                    np.ascontiguousarray(net[f"Conv_{i}"]["kernel"].transpose(3, 2, 0, 1))
                ),
                torch.tensor(np.asarray(net[f"Conv_{i}"]["bias"])),
            )
            for i in range(len(net))
        ]
        self._linear = [
            torch.tensor(np.asarray(tree[f"NetLinLayer_{i}"]["Conv_0"]["kernel"])[0, 0, :, 0])
            for i in range(5)
        ]

    def _features(self, images: Any) -> list[Any]:
        f = self._torch.nn.functional
        shift = self._torch.tensor(_SHIFT).view(1, 3, 1, 1)
        scale = self._torch.tensor(_SCALE).view(1, 3, 1, 1)
        x = (images - shift) / scale
        taps = []
        for index, (kernel, bias) in enumerate(self._convs):
            if index in _POOL_BEFORE[self._kind]:
                x = f.max_pool2d(x, 3 if self._kind == "alex" else 2, 2)
            stride, pad = _STRIDE_PAD[self._kind][index]
            x = f.relu(f.conv2d(x, kernel, bias, stride=stride, padding=pad))
            if index in _TAPS[self._kind]:
                taps.append(x / (x.square().sum(1, keepdim=True).sqrt() + 1e-10))
        return taps

    def __call__(self, a_rgb: U8, b_rgb: U8) -> float:
        """Distance of two (H, W, 3) pictures; 0 = alike."""
        torch = self._torch
        with torch.no_grad():
            pair = torch.tensor(np.stack([a_rgb, b_rgb])).permute(0, 3, 1, 2).float() / 127.5 - 1
            total = 0.0
            for features, weights in zip(self._features(pair), self._linear, strict=True):
                difference = (features[0] - features[1]).square()
                total += float((difference * weights.view(-1, 1, 1)).sum(0).mean())
        return total


def ssim(a_rgb: U8, b_rgb: U8) -> float:
    """Structural similarity of the luma (Wang et al. 2004, gaussian window of 1.5 px)."""
    a, b = (cv2.cvtColor(x, cv2.COLOR_RGB2GRAY).astype(np.float64) for x in (a_rgb, b_rgb))

    def mean(x: Any) -> Any:
        return cv2.GaussianBlur(x, (11, 11), 1.5)

    ma, mb = mean(a), mean(b)
    va, vb, cov = mean(a * a) - ma**2, mean(b * b) - mb**2, mean(a * b) - ma * mb
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    score = ((2 * ma * mb + c1) * (2 * cov + c2)) / ((ma**2 + mb**2 + c1) * (va + vb + c2))
    return float(score[5:-5, 5:-5].mean())


# Where SFace wants the eyes, nose and corners of the mouth in its 112 x 112 picture (ArcFace).
_SFACE_POINTS = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655],
     [70.7299, 92.2041]], np.float32,
)  # fmt: skip


class Identity:
    """SFace: who is it; the cosine of two faces is about .9 for one person, .2 for two."""

    def __init__(self, store: ModelStore) -> None:
        self._net = cv2.FaceRecognizerSF.create(str(Path(store.path("sface"))), "")

    def embed(self, image_rgb: U8, points_px: F32) -> F32:
        """(128,) of unit length, from (478, >=2) landmarks."""
        xy = points_px[:, :2] - 0.5
        five = np.stack([xy[[33, 133]].mean(0), xy[[362, 263]].mean(0), xy[1], xy[61], xy[291]])
        face = cv2.warpAffine(
            image_rgb, _similarity(five, _SFACE_POINTS), (112, 112), flags=cv2.INTER_AREA
        )
        vector = self._net.feature(np.ascontiguousarray(face[..., ::-1])).ravel()
        return np.asarray(vector / np.linalg.norm(vector), np.float32)


def _similarity(source: F32, target: F32) -> F32:
    """(2, 3) least-squares turn, scale and shift from (N, 2) to (N, 2), all points counted."""
    x, y = source.T
    zero, one = np.zeros_like(x), np.ones_like(x)
    rows = np.stack([np.stack([x, -y, one, zero], -1), np.stack([y, x, zero, one], -1)], 1).reshape(
        -1, 4
    )
    (a, b, right, down), *_ = np.linalg.lstsq(rows, target.reshape(-1), rcond=None)
    return np.array([[a, -b, right], [b, a, down]], np.float32)
