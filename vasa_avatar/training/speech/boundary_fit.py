"""Learns speech_boundaries' model from told times: training and realigning by turns."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from vasa_avatar.datatypes import F32
from vasa_avatar.training.speech.boundaries import (
    DILATIONS,
    N_CEPSTRA,
    BoundaryModel,
    best_bounds,
    cepstra,
    told_bounds,
)
from vasa_avatar.training.speech.phones import CLASSES, TimedPhone
from vasa_avatar.training.speech.pool import heard, read_utterances, shards_of

log = logging.getLogger(__name__)
WIDTH = 96
BATCH, CROP_ROWS = 16, 300
RATE = 2e-3
NO_CLASS = -100
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


class BoundaryNet(nn.Module):
    """The same convolutions as BoundaryModel's, to be trained."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv1d(N_CEPSTRA, WIDTH, 5, padding=2)
        self.blocks = nn.ModuleList(
            nn.Conv1d(WIDTH, WIDTH, 5, padding=2 * d, dilation=d) for d in DILATIONS
        )
        self.last = nn.Conv1d(WIDTH, len(CLASSES), 1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, 20, T) to (B, 15, T)."""
        x = torch.relu(self.first(x))
        for block in self.blocks:
            x = x + torch.relu(block(nn.functional.dropout(x, 0.1, self.training)))
        return self.last(x)

    def model(self, scale: F32, priors: F32) -> BoundaryModel:
        """What was learned, without torch."""
        convs = [self.first, *self.blocks, self.last]
        weights = [c.weight.detach().numpy().transpose(2, 1, 0).copy() for c in convs]
        biases = [c.bias.detach().numpy().copy() for c in convs]
        return BoundaryModel(scale, tuple(weights), tuple(biases), priors)


def fit_boundaries(spoken: list[ToldSpeech], steps: int, seed: int) -> BoundaryModel:
    """Learn which rows are of which class; the second time from times that the first one moved."""
    torch.manual_seed(seed)
    bounds = [told_bounds(s.phones, len(s.features)) for s in spoken]
    scale = np.concatenate([s.features for s in spoken[::4]]).std(axis=0).astype(np.float32)
    for turn in range(N_ROUNDS):
        classes = [_classes(s, b) for s, b in zip(spoken, bounds, strict=True)]
        rng = np.random.default_rng([seed, turn])
        model = _fit_once([s.features for s in spoken], classes, scale, steps, rng)
        if turn < N_ROUNDS - 1:
            moved = [best_bounds(s.phones, model.scores(s.features)) for s in spoken]
            shift = np.concatenate([m - b for m, b in zip(moved, bounds, strict=True)])
            log.info("bounds moved by %.2f rows (deviation)", shift.std())
            bounds = moved
    return model


def _classes(spoken: ToldSpeech, bounds: np.ndarray) -> np.ndarray:
    """(T,) class of each row, NO_CLASS outside the phones."""
    out = np.full(len(spoken.features), NO_CLASS, np.int64)
    for phone, start, end in zip(spoken.phones, bounds[:-1], bounds[1:], strict=True):
        out[start:end] = phone.viseme
    return out


def _fit_once(
    features: list[F32],
    classes: list[np.ndarray],
    scale: F32,
    steps: int,
    rng: np.random.Generator,
) -> BoundaryModel:
    """Train from the start on crops of utterances."""
    net = BoundaryNet().train()
    optimiser = torch.optim.AdamW(net.parameters(), RATE, weight_decay=1e-2)
    lengths = np.array([len(c) for c in classes], np.float64)
    for step in range(steps):
        rows = np.zeros((BATCH, CROP_ROWS, N_CEPSTRA), np.float32)
        wanted = np.full((BATCH, CROP_ROWS), NO_CLASS, np.int64)
        for k, index in enumerate(rng.choice(len(classes), BATCH, p=lengths / lengths.sum())):
            start = int(rng.integers(0, max(1, len(classes[index]) - CROP_ROWS)))
            piece = classes[index][start : start + CROP_ROWS]
            wanted[k, : len(piece)] = piece
            rows[k, : len(piece)] = features[index][start : start + CROP_ROWS] / scale
        rows *= np.exp(rng.normal(0, 0.1, (BATCH, 1, N_CEPSTRA))).astype(np.float32)
        with torch.autocast("cpu", torch.bfloat16):
            said = net(torch.from_numpy(rows).transpose(1, 2))
        loss = nn.functional.cross_entropy(
            said.float(), torch.from_numpy(wanted), ignore_index=NO_CLASS, label_smoothing=0.05
        )
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1.0, (step + 1) / 50) * (1 - step / steps)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 2.0)
        optimiser.step()
        if step % 200 == 0:
            log.info("bounds: step %d of %d, loss %.3f", step, steps, float(loss.detach()))
    every = np.concatenate(classes)
    shares = np.bincount(every[every >= 0], minlength=len(CLASSES)) / len(every)
    model: BoundaryModel = net.model(scale, np.log(shares + 1e-5).astype(np.float32))
    return model
