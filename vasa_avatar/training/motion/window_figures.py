"""Takes to figures of short windows, and how well a plain classifier tells two sets apart.

A window of two seconds becomes 47 figures: spread and speed of thirteen signals, how the head's
rotation is spread over four bands, and nine couplings. Squares of the standardized figures beside
them expose sameness: a set whose windows all look alike has the right means and no tails.
"""

from __future__ import annotations

import numpy as np

from vasa_avatar.datatypes import F64
from vasa_avatar.training.motion.measure_motion import FPS
from vasa_avatar.training.motion.seen_take import SeenTake

WINDOW = int(2.0 * FPS)
STEP = int(0.4 * FPS)
BANDS_HZ = ((0.0, 1.0), (1.0, 2.0), (2.0, 4.0), (4.0, 8.0))
RIDGE = 1.0
"""added to the diagonal of the covariance of standardized figures"""
# About what the landmark net's own noise makes of a face that keeps still.
_FLOOR = {"deg": 0.05, "place": 0.0005, "unit": 0.01}


def _signals(take: SeenTake) -> dict[str, tuple[F64, float]]:
    """Every signal with the size below which it counts as still."""
    parts = {
        "pitch": take.rotation_deg[:, 0], "yaw": take.rotation_deg[:, 1],
        "roll": take.rotation_deg[:, 2], "gaze_pitch": take.gaze_deg[:, 0],
        "gaze_yaw": take.gaze_deg[:, 1],
    }  # fmt: skip
    signals = {name: (values, _FLOOR["deg"]) for name, values in parts.items()}
    signals["place_x"] = (take.place[:, 0], _FLOOR["place"])
    signals["place_y"] = (take.place[:, 1], _FLOOR["place"])
    signals.update({k: (v, _FLOOR["unit"]) for k, v in take.coefficients.items()})
    return signals


def figure_names() -> list[str]:
    """The 47, in the order of the columns."""
    names = ["pitch", "yaw", "roll", "gaze_pitch", "gaze_yaw", "place_x", "place_y",
             "brow_inner", "brow_outer", "brow_down", "lids", "squint", "smile"]  # fmt: skip
    spread = [f"{name} {kind}" for name in names for kind in ("spread", "speed")]
    bands = [f"{a} {lo:g}-{hi:g} Hz" for a in ("pitch", "yaw", "roll") for lo, hi in BANDS_HZ]
    return spread + bands + [
        "pitch~yaw", "yaw~roll", "pitch~roll", "yaw~place_x", "yaw~gaze_yaw", "brow~pitch",
        "head speed~loudness", "brow~loudness", "pitch~loudness",
    ]  # fmt: skip


def window_figures(take: SeenTake) -> F64:
    """(W, 47), a row for each window."""
    signals = _signals(take)
    rows = []
    for first in range(0, len(take) - WINDOW + 1, STEP):
        part = slice(first, first + WINDOW)
        cut = {name: values[part] for name, (values, _) in signals.items()}
        row: list[float] = []
        for name, (_, floor) in signals.items():
            row.append(float(np.log(cut[name].std() + floor)))
            row.append(float(np.log(np.abs(np.diff(cut[name])).mean() + 0.2 * floor)))
        for axis in range(3):
            row.extend(_band_shares(take.rotation_deg[part, axis]))
        row.extend(_couplings(cut, take.rotation_deg[part], take.loudness_db[part]))
        rows.append(row)
    return np.array(rows, np.float64).reshape(len(rows), len(figure_names()))


def _band_shares(values: F64) -> list[float]:
    """Log share of the speed's power in each band."""
    speed = np.diff(values) * np.hanning(len(values) - 1)
    power = np.abs(np.fft.rfft(speed)) ** 2
    hz = np.fft.rfftfreq(len(speed), 1.0 / FPS)
    total = power[hz < BANDS_HZ[-1][1]].sum() + 1e-9
    return [
        float(np.log(power[(hz >= lo) & (hz < hi)].sum() / total + 1e-3)) for lo, hi in BANDS_HZ
    ]


def _couplings(cut: dict[str, F64], rotation: F64, loudness: F64) -> list[float]:
    speed = np.linalg.norm(np.gradient(rotation, axis=0), axis=1)
    brow = cut["brow_inner"] + cut["brow_outer"]
    pairs = [
        (cut["pitch"], cut["yaw"]), (cut["yaw"], cut["roll"]), (cut["pitch"], cut["roll"]),
        (cut["yaw"], cut["place_x"]), (cut["yaw"], cut["gaze_yaw"]), (brow, cut["pitch"]),
        (speed, loudness), (brow, loudness), (cut["pitch"], loudness),
    ]  # fmt: skip
    return [_correlation(a, b) for a, b in pairs]


def _correlation(a: F64, b: F64) -> float:
    a, b = a - a.mean(), b - b.mean()
    size = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / size if size > 1e-9 else 0.0


def standardize(figures: F64, film: F64) -> F64:
    """Figures in standard deviations of film's, around film's means; far outliers are cut."""
    out: F64 = np.clip((figures - film.mean(0)) / (film.std(0) + 1e-6), -6.0, 6.0)
    return out


def with_squares(standard: F64) -> F64:
    """Standardized figures and their squares."""
    return np.concatenate((standard, standard**2 - 1.0), axis=1)


def area_left_out(film: dict[str, F64], ours: dict[str, F64], *, squares: bool) -> float:
    """Area under the curve of a ridge classifier, each speaker's windows left out once.

    Args:
        film: speaker to (W, 47).
        ours: the same speakers' sound, performed by us.
        squares: whether squared figures stand beside the plain ones.

    Returns:
        .5 when nothing tells them apart, 1 when everything does.
    """
    names = sorted(film)
    scores_film, scores_ours = [], []
    for name in names:
        others = [other for other in names if other != name]
        base = np.concatenate([film[other] for other in others])
        seen = {key: _shape(film[key], base, squares) for key in names}
        made = {key: _shape(ours[key], base, squares) for key in names}
        direction = _direction([seen[key] for key in others], [made[key] for key in others])
        scores_film.append(seen[name] @ direction)
        scores_ours.append(made[name] @ direction)
    return _area(np.concatenate(scores_film), np.concatenate(scores_ours))


def _shape(figures: F64, base: F64, squares: bool) -> F64:
    standard = standardize(figures, base)
    return with_squares(standard) if squares else standard


def _direction(film: list[F64], ours: list[F64]) -> F64:
    """Ridge regression on +1 and -1; every speaker weighs the same."""
    rows = np.concatenate(film + ours)
    weights = np.concatenate([np.full(len(part), 1.0 / len(part)) for part in film + ours])
    labels = np.concatenate(
        [np.full(len(part), -1.0) for part in film] + [np.full(len(part), 1.0) for part in ours]
    )
    weights /= weights.sum()
    mean = weights @ rows
    centred = rows - mean
    covariance = (centred * weights[:, None]).T @ centred
    solution: F64 = np.linalg.solve(
        covariance + RIDGE / rows.shape[1] * np.eye(rows.shape[1]), centred.T @ (weights * labels)
    )
    return solution


def _area(film: F64, ours: F64) -> float:
    order = np.argsort(np.concatenate((film, ours)), kind="stable")
    ranks = np.empty(len(order))
    ranks[order] = np.arange(1, len(order) + 1)
    above = ranks[len(film) :].sum() - len(ours) * (len(ours) + 1) / 2
    return float(above / (len(film) * len(ours)))


def frechet_distance(film: F64, ours: F64) -> float:
    """Distance of two Gaussians fitted to standardized figures (Dowson and Landau 1982)."""
    a, b = standardize(film, film), standardize(ours, film)
    eye = 0.05 * np.eye(a.shape[1])
    cov_a, cov_b = np.cov(a.T) + eye, np.cov(b.T) + eye
    values, vectors = np.linalg.eigh(cov_a)
    root_a = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    # The trace of sqrt(A B) is that of sqrt(sqrt(A) B sqrt(A)), which is symmetric.
    between = np.sqrt(np.maximum(np.linalg.eigvalsh(root_a @ cov_b @ root_a), 0.0)).sum()
    apart = ((a.mean(0) - b.mean(0)) ** 2).sum()
    return float(apart + np.trace(cov_a) + np.trace(cov_b) - 2 * between)


def gaps(film: F64, ours: F64) -> tuple[F64, F64]:
    """Per figure: how far our mean is from film's in film's deviations, and our spread over it."""
    deviation = film.std(0) + 1e-6
    return (ours.mean(0) - film.mean(0)) / deviation, ours.std(0) / deviation
