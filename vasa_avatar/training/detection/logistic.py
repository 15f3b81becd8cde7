"""Logistic regression with a ridge: rows of numbers to the chance that they are synthetic."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vasa_avatar.datatypes import F64
from vasa_avatar.output_file import whole_file

_STEPS = 30
_FARTHEST = 6.0
"""standard deviations beyond which a clue says no more"""


@dataclass(frozen=True, slots=True, eq=False)
class Detector:
    """Means, spreads and weights of the clues."""

    names: tuple[str, ...]
    mean: F64
    """(C,)"""
    spread: F64
    """(C,)"""
    weights: F64
    """(C + 1,) the last one alone"""

    def logits(self, rows: F64) -> F64:
        """(W,) above 0: rather synthetic; for rows (W, C)."""
        return np.asarray(_shaped(rows, self.mean, self.spread) @ self.weights)

    def save(self, path: Path) -> None:
        """Keep it as JSON."""
        kept = {
            "names": self.names,
            "mean": self.mean.tolist(),
            "spread": self.spread.tolist(),
            "weights": self.weights.tolist(),
        }
        with whole_file(path) as part:
            part.write_text(json.dumps(kept, indent=1))


def load_detector(path: Path) -> Detector:
    """One that was kept.

    Raises:
        OSError: it is not there.
    """
    kept = json.loads(path.read_text())
    arrays = (np.array(kept[key], np.float64) for key in ("mean", "spread", "weights"))
    return Detector(tuple(kept["names"]), *arrays)


def fit(rows: F64, is_synthetic: F64, weights: F64, names: list[str], ridge: float) -> Detector:
    """The detector that explains its examples best, by Newton's method.

    Args:
        rows: (W, C) clues.
        is_synthetic: (W,) 1 or 0.
        weights: (W,) how much each row counts.
        names: of the clues.
        ridge: how strongly weights are held at zero, in rows.
    """
    mean, spread = rows.mean(0), rows.std(0) + 1e-6
    x = _shaped(rows, mean, spread)
    weights = weights / weights.mean()
    hold = np.full(x.shape[1], ridge)
    hold[-1] = 1e-6
    found = np.zeros(x.shape[1])
    for _ in range(_STEPS):
        chance = 1.0 / (1.0 + np.exp(-np.clip(x @ found, -30, 30)))
        slope = x.T @ (weights * (is_synthetic - chance)) - hold * found
        bend = (x * (weights * chance * (1 - chance))[:, None]).T @ x + np.diag(hold)
        found = found + np.linalg.solve(bend, slope)
    return Detector(tuple(names), mean, spread, found)


def _shaped(rows: F64, mean: F64, spread: F64) -> F64:
    standard = np.clip((rows - mean) / spread, -_FARTHEST, _FARTHEST)
    return np.concatenate([standard, np.ones((len(rows), 1))], axis=1)


def area(scores: F64, is_synthetic: F64) -> float:
    """Area under the curve: .5 tells nothing apart, 1 everything."""
    ours, film = scores[is_synthetic > 0.5], scores[is_synthetic < 0.5]
    above = (ours[:, None] > film[None]).mean() + 0.5 * (ours[:, None] == film[None]).mean()
    return float(above)
