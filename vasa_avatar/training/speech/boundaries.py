"""Phone times of synthetic speech moved to where the sound changes.

The voices' graphs tell durations in steps of 25 ms. A small network of its own, which sees each row
of sound with what comes before and after it, says how well each viseme class fits each row; between
neighbouring phones the boundary moves by up to REACH_ROWS to where the whole utterance fits best
(dynamic programming). The speech network has no part in it. Pauses' bounds come from loudness (see
speech_phones) and stay.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from vasa_avatar.datatypes import F32
from vasa_avatar.training.speech.phones import HOP_SAMPLES, SILENCE, TimedPhone

FILE_NAME = "boundaries.npz"
"""beside the shards that it was learned from"""
REACH_ROWS = 3
"""no boundary moves further than this, in rows of 10 ms"""
TRUST_ROWS = 2.0
"""standard deviation of told boundaries, in rows"""
SHARPNESS = 0.3
"""how much a row counts: rows beside each other say nearly the same"""
EVENNESS = 0.5
"""how far a frequent class gives way to a rare one"""
DILATIONS = (1, 2, 4, 8, 12)
"""of the convolutions over time, which see .57 s to either side"""
N_CEPSTRA = 20
RANGE = 11.0
"""nepers below the loudest band that are told apart"""


def cepstra(log_mel: F32, phones: list[TimedPhone]) -> F32:
    """(T, 20) cepstra of (T, 40) rows, less the mean of those that speak."""
    rows = np.maximum(log_mel.astype(np.float32), float(log_mel.max()) - RANGE)
    angle = np.pi / rows.shape[1] * (np.arange(rows.shape[1]) + 0.5)
    basis = np.cos(np.arange(N_CEPSTRA)[:, None] * angle) * np.sqrt(2 / rows.shape[1])
    found: F32 = rows @ basis.T.astype(np.float32)
    speaks = np.zeros(len(rows), bool)
    for phone in phones:
        if phone.viseme != SILENCE:
            speaks[int(phone.start / HOP_SAMPLES) : int(phone.end / HOP_SAMPLES)] = True
    return found - found[speaks].mean(axis=0) if speaks.any() else found


def spread_over_time(rows: F32, weight: F32, bias: F32, dilation: int) -> F32:
    """(T, C) convolved over time with (taps, C, D), zeros around; (T, D)."""
    reach = len(weight) // 2 * dilation
    padded = np.pad(rows, ((reach, reach), (0, 0)))
    taps = [padded[k * dilation : k * dilation + len(rows)] for k in range(len(weight))]
    out: F32 = np.concatenate(taps, axis=1) @ weight.reshape(-1, weight.shape[2]) + bias
    return out


@dataclass(frozen=True, slots=True, eq=False)
class BoundaryModel:
    """How well classes fit rows; learned by speech_boundary_fit."""

    scale: F32
    """(20,) deviation of each cepstrum"""
    weights: tuple[F32, ...]
    """(taps, in, out) of the first convolution, one for each of DILATIONS, and the last one"""
    biases: tuple[F32, ...]
    priors: F32
    """(15,) logarithms of the classes' shares"""

    def scores(self, features: F32) -> F32:
        """(T, 20) cepstra to (T, 15) log likelihoods, but for a constant in each row."""
        layers = list(zip(self.weights, self.biases, strict=True))
        x = np.maximum(spread_over_time(features / self.scale, *layers[0], 1), 0)
        for layer, dilation in zip(layers[1:-1], DILATIONS, strict=True):
            x = x + np.maximum(spread_over_time(x, *layer, dilation), 0)
        x = spread_over_time(x, *layers[-1], 1)
        top = x.max(axis=1, keepdims=True)
        x = x - top - np.log(np.exp(x - top).sum(axis=1, keepdims=True))
        scores: F32 = SHARPNESS * (x - EVENNESS * self.priors)
        return scores

    def realigned(self, phones: list[TimedPhone], log_mel: F32) -> list[TimedPhone]:
        """The same phones with other times, given the (T, 40) rows of their sound."""
        scores = self.scores(cepstra(log_mel, phones))
        return with_bounds(phones, best_bounds(phones, scores))

    def save(self, path: Path) -> None:
        """Write it as .npz."""
        layers: dict[str, Any] = {f"weight{i}": w for i, w in enumerate(self.weights)}
        layers |= {f"bias{i}": b for i, b in enumerate(self.biases)}
        np.savez(path, scale=self.scale, priors=self.priors, **layers)

    @classmethod
    def load(cls, path: Path) -> BoundaryModel:
        """Read what `save` wrote."""
        with np.load(path) as data:
            count = sum(name.startswith("weight") for name in data.files)
            weights = tuple(data[f"weight{i}"] for i in range(count))
            biases = tuple(data[f"bias{i}"] for i in range(count))
            return cls(data["scale"], weights, biases, data["priors"])


def load_boundaries(folder: Path) -> BoundaryModel | None:
    """The model beside a folder's shards, or None where times stay as they are told."""
    path = folder / FILE_NAME
    return BoundaryModel.load(path) if path.exists() else None


def told_bounds(phones: list[TimedPhone], rows: int) -> np.ndarray:
    """(phones + 1,) first row of each phone, and the row behind the last."""
    edges = np.array([p.start for p in phones] + [phones[-1].end])
    return np.minimum(np.ceil(edges / HOP_SAMPLES).astype(np.int64), rows)


def best_bounds(phones: list[TimedPhone], scores: F32) -> np.ndarray:
    """(phones + 1,) rows at which phones begin, so that rows fit their phones best.

    Args:
        phones: in order, without gaps.
        scores: (T, 15) of each class at each row.
    """
    told = told_bounds(phones, len(scores))
    sums = np.concatenate((np.zeros((1, scores.shape[1])), np.cumsum(scores, axis=0)))
    moves = np.arange(-REACH_ROWS, REACH_ROWS + 1)
    distrust = -0.5 * (moves / TRUST_ROWS) ** 2
    only = np.where(moves == 0, 0.0, -np.inf)
    total, at = only, np.clip(told[0] + moves, 0, len(scores))
    came = np.zeros((len(phones), len(moves)), np.int64)
    for k, phone in enumerate(phones):
        is_fixed = k + 1 == len(phones) or SILENCE in (phone.viseme, phones[k + 1].viseme)
        ends = np.clip(told[k + 1] + moves, 0, len(scores))
        gained = sums[ends, phone.viseme][None] - sums[at, phone.viseme][:, None]
        is_long = ends[None] > at[:, None] - (told[k + 1] == told[k])
        reached = np.where(is_long, total[:, None] + gained, -np.inf)
        came[k] = reached.argmax(axis=0)
        total = reached.max(axis=0) + (only if is_fixed else distrust)
        at = ends
    if not np.isfinite(total).any():
        return told
    best = int(total.argmax())
    bounds = told.copy()
    for k in range(len(phones), 0, -1):
        bounds[k] = told[k] + moves[best]
        best = int(came[k - 1, best])
    return bounds


def with_bounds(phones: list[TimedPhone], bounds: np.ndarray) -> list[TimedPhone]:
    """Phones that begin and end at rows; bounds that did not move stay to the sample."""
    told = told_bounds(phones, int(bounds[-1]))
    edges = [p.start for p in phones] + [phones[-1].end]
    times = [
        float(b * HOP_SAMPLES) if b != t else e for b, t, e in zip(bounds, told, edges, strict=True)
    ]
    return [
        replace(p, start=start, end=end)
        for p, start, end in zip(phones, times[:-1], times[1:], strict=True)
    ]
