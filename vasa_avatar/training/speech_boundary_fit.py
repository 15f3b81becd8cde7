"""Learns speech_boundaries' model from told times: training and realigning by turns."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from vasa_avatar.datatypes import F32
from vasa_avatar.training.speech_boundaries import (
    BoundaryModel,
    best_bounds,
    cepstra,
    in_context,
    told_bounds,
)
from vasa_avatar.training.speech_phones import CLASSES, TimedPhone
from vasa_avatar.training.speech_pool import heard, read_utterances, shards_of

log = logging.getLogger(__name__)
WIDTH = 192
BATCH = 512
RATE = 2e-3
N_ROUNDS = 2
MINUTES = {"hibari": 20, "kokoro": 60, "quick": 150}
"""how much of each kind of shard to learn from"""
TRACTS = (0, 2, 4)
"""which of WARPS"""


@dataclass(frozen=True, slots=True, eq=False)
class ToldSpeech:
    """One utterance to learn from."""

    phones: list[TimedPhone]
    features: F32
    """(T, 20) cepstra"""

    @classmethod
    def of(cls, phones: list[TimedPhone], log_mel: F32) -> ToldSpeech:
        """From (T, 40) rows."""
        return cls(phones, cepstra(log_mel, phones))


def told_speech(folder: Path, seed: int) -> list[ToldSpeech]:
    """Up to MINUTES of each kind of a folder's shards, by three vocal tracts."""
    out = []
    for prefix, minutes in MINUTES.items():
        paths = shards_of(folder, prefix)
        rows = 0
        for path in (paths[i] for i in np.random.default_rng(seed).permutation(len(paths))):
            for utterance in read_utterances(path) if rows < minutes * 6000 else ():
                log_mel, phones = heard(utterance)
                rows += log_mel.shape[1]
                if len(phones) > 1:
                    out += [ToldSpeech.of(phones, log_mel[tract]) for tract in TRACTS]
    return out


def fit_boundaries(spoken: list[ToldSpeech], steps: int, seed: int) -> BoundaryModel:
    """Learn which rows are of which class; the second time from times that the first one moved."""
    torch.manual_seed(seed)
    bounds = [told_bounds(s.phones, len(s.features)) for s in spoken]
    scale = np.concatenate([s.features for s in spoken[::4]]).std(axis=0).astype(np.float32)
    rows = torch.cat([torch.from_numpy((s.features / scale).astype(np.float16)) for s in spoken])
    index = _context_index([len(s.features) for s in spoken])
    for turn in range(N_ROUNDS):
        classes = np.concatenate([_classes(s, b) for s, b in zip(spoken, bounds, strict=True)])
        model = _fit_once(rows, index, classes, scale, steps)
        if turn < N_ROUNDS - 1:
            moved = [best_bounds(s.phones, model.scores(s.features)) for s in spoken]
            shift = np.concatenate([m - b for m, b in zip(moved, bounds, strict=True)])
            log.info("bounds moved by %.2f rows (deviation)", shift.std())
            bounds = moved
    return model


def _classes(spoken: ToldSpeech, bounds: np.ndarray) -> np.ndarray:
    """(T,) class of each row, -100 outside the phones."""
    out = np.full(len(spoken.features), -100, np.int64)
    for phone, start, end in zip(spoken.phones, bounds[:-1], bounds[1:], strict=True):
        out[start:end] = phone.viseme
    return out


def _context_index(lengths: list[int]) -> Tensor:
    """(N, 17) which rows of all utterances in a row each row sees."""
    parts, start = [], 0
    for length in lengths:
        own = np.arange(start, start + length, dtype=np.float32)[:, None]
        parts.append(in_context(own).astype(np.int32))
        start += length
    return torch.from_numpy(np.concatenate(parts))


def _fit_once(
    rows: Tensor, index: Tensor, classes: np.ndarray, scale: F32, steps: int
) -> BoundaryModel:
    """Train from the start: (N, 20) rows, (N, 17) contexts, (N,) classes."""
    n_in = index.shape[1] * rows.shape[1]
    layers = [nn.Linear(n_in, WIDTH), nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, len(CLASSES))]
    net = nn.Sequential(
        layers[0], nn.ReLU(), nn.Dropout(0.2), layers[1], nn.ReLU(), nn.Dropout(0.2), layers[2]
    )
    optimiser = torch.optim.AdamW(net.parameters(), RATE, weight_decay=1e-2)
    wanted = torch.from_numpy(classes)
    for step in range(steps):
        chosen = torch.randint(0, len(rows), (BATCH,))
        said = net(rows[index[chosen].long()].flatten(1).float())
        loss = nn.functional.cross_entropy(said, wanted[chosen], label_smoothing=0.05)
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1.0, (step + 1) / 50) * (1 - step / steps)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        if step % 1000 == 0:
            log.info("bounds: step %d of %d, loss %.3f", step, steps, float(loss.detach()))
    shares = np.bincount(classes[classes >= 0], minlength=len(CLASSES)) / len(classes)
    return BoundaryModel(
        scale,
        tuple(layer.weight.detach().numpy().T.copy() for layer in layers),
        tuple(layer.bias.detach().numpy().copy() for layer in layers),
        np.log(shares + 1e-5).astype(np.float32),
    )
