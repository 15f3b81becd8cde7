"""Kokoro's speech without its vocoder: phones to log-mel rows, some twenty times real time.

93 % of Kokoro's time goes into the generator that turns 80 Hz features into sound. Of that sound
training needs 40 mel bands only. So a small network learns, from speech that was spoken in full,
what the bands are for given features; the features alone are cheap. Its rows come with the
spread that it did not explain, as noise, and for all vocal tracts of `WARPS` at once.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from vasa_avatar.datatypes import F32
from vasa_avatar.training.speech.features import N_MELS, power_rows, warped_filters
from vasa_avatar.training.speech.tracing import SpokenFeatures, TracedSpeech

log = logging.getLogger(__name__)
WARPS = (0.86, 0.93, 1.0, 1.07, 1.15)
HIDDEN, STYLE = 512, 128
CROP_FRAMES = 160
NOISE_SHARE = (0.2, 0.7)
"""how much of the spread is put back: part of it is speech that the network did not get right"""
LOWEST = -16.0
"""log power under which differences are not learned"""


@dataclass(frozen=True, slots=True, eq=False)
class PairBank:
    """Features and the rows that they sounded like, all utterances in a row."""

    features: list[F32]
    """(N, F) each, at 80 Hz"""
    rows: list[F32]
    """(T, 5 * 40) each, at 100 Hz"""


def comb_features(f0_hz: F32) -> F32:
    """(N,) pitch to (N, 40) log share of harmonics in each mel band; low where unvoiced."""
    filters = warped_filters(1.0)
    bin_hz = np.arange(len(filters)) * 31.25
    phase = bin_hz[None, :] / np.maximum(f0_hz, 50.0)[:, None]
    away_hz = np.abs(phase - np.rint(phase)) * np.maximum(f0_hz, 50.0)[:, None]
    comb = np.exp(-0.5 * (away_hz / 28.0) ** 2) * (phase > 0.5)
    out = np.log(comb @ filters + 0.05)
    out[f0_hz < 50] = -3.0
    heard: F32 = out.astype(np.float32)
    return heard


def input_features(features: SpokenFeatures) -> F32:
    """(N, 512 + 40 + 1 + 128) what the network sees, at 80 Hz.

    The generator normalises each channel over the utterance, so this does too.
    """
    hidden = features.hidden.T.astype(np.float32)
    hidden = (hidden - hidden.mean(axis=0)) / (hidden.std(axis=0) + 1e-3)
    count = len(features.f0_hz)
    pitch = np.log(np.maximum(features.f0_hz, 50.0) / 150.0)[:, None]
    style = np.broadcast_to(features.style[:STYLE] * 3.0, (count, STYLE))
    return np.concatenate((hidden, comb_features(features.f0_hz), pitch, style), axis=1).astype(
        np.float32
    )


class Shortcut(nn.Module):
    """Features at 80 Hz to the mean and spread of log-mel rows at 100 Hz."""

    def __init__(self, width: int = 256) -> None:
        super().__init__()
        self.first = nn.Conv1d(HIDDEN + N_MELS + 1 + STYLE, width, 1)
        self.blocks = nn.ModuleList(nn.Conv1d(width, width, 5, padding=2) for _ in range(3))
        self.last = nn.ModuleList(nn.Conv1d(width, width, 3, padding=1) for _ in range(1))
        self.mean = nn.Conv1d(width, len(WARPS) * N_MELS, 1)
        self.spread = nn.Conv1d(width, N_MELS, 1)

    def forward(self, features: Tensor, rows: int) -> tuple[Tensor, Tensor]:
        """(B, F, N) to (B, 200, rows) log powers and (B, 40, rows) log deviations."""
        x = torch.relu(self.first(features))
        for block in self.blocks:
            x = x + torch.relu(block(x))
        # Row k stands at k * 10 ms, feature j at j * 12.5 ms.
        at = torch.arange(rows, dtype=torch.float32) * (80 / 100)
        low = at.long().clamp(max=x.shape[2] - 1)
        high = (low + 1).clamp(max=x.shape[2] - 1)
        share = (at - low).clamp(0, 1)
        x = x[:, :, low] * (1 - share) + x[:, :, high] * share
        for block in self.last:
            x = x + torch.relu(block(x))
        return self.mean(x) - 6.0, self.spread(x).clamp(-4, 1)


def pair_bank(traced: list[TracedSpeech]) -> PairBank:
    """Prepare spoken pieces for `fit_shortcut`."""
    filters = np.concatenate([warped_filters(w) for w in WARPS], axis=1)
    features, rows = [], []
    for item in traced:
        power = power_rows((item.pcm_i16 / 32768).astype(np.float32))
        rows.append(np.log(np.maximum(power @ filters, np.exp(LOWEST))).astype(np.float32))
        features.append(input_features(item.features))
    return PairBank(features, rows)


def fit_shortcut(bank: PairBank, out: Path, steps: int, seed: int = 1, batch: int = 12) -> Shortcut:
    """Train on crops of two seconds; writes `out` now and then and resumes from it."""
    torch.manual_seed(seed)
    net = Shortcut()
    optimiser = torch.optim.AdamW(net.parameters(), 1e-3, weight_decay=1e-4)
    first_step = 0
    if out.exists():
        state = torch.load(out, weights_only=True)
        net.load_state_dict(state["net"])
        optimiser.load_state_dict(state["optimiser"])
        first_step = int(state["step"])
    long = [i for i, f in enumerate(bank.features) if len(f) > CROP_FRAMES + 1]
    rows = CROP_FRAMES * 5 // 4
    total = 0.0
    for step in range(first_step, steps):
        rng = np.random.default_rng([seed, step])
        for group in optimiser.param_groups:
            group["lr"] = 1e-3 * min(1.0, (step + 1) / 50, (steps - step) / (0.4 * steps))
        inputs, targets = [], []
        for _ in range(batch):
            index = int(rng.choice(long))
            start = 4 * int(rng.integers(0, (len(bank.features[index]) - CROP_FRAMES) // 4 + 1))
            first = start * 5 // 4
            target = bank.rows[index][first : first + rows]
            if len(target) < rows:
                target = np.pad(target, ((0, rows - len(target)), (0, 0)), mode="edge")
            inputs.append(bank.features[index][start : start + CROP_FRAMES].T)
            targets.append(target.T)
        mean, spread = net(torch.from_numpy(np.stack(inputs)), rows)
        wanted = torch.from_numpy(np.stack(targets))
        error = (wanted - mean)[:, :, 4:-4]
        middle = slice(2 * N_MELS, 3 * N_MELS)
        spread = spread[:, :, 4:-4]
        unlikely = (spread + 0.5 * (error[:, middle].detach() * torch.exp(-spread)) ** 2).mean()
        loss = error.abs().mean() + 0.1 * error.square().mean() + 0.2 * unlikely
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 2.0)
        optimiser.step()
        total += float(error.detach().abs().mean()) / 50
        if step % 50 == 49:
            log.info("shortcut step %d mean error %.3f", step + 1, total)
            total = 0.0
        if step % 200 == 199 or step + 1 == steps:
            state = {
                "net": net.state_dict(), "optimiser": optimiser.state_dict(), "step": step + 1,
            }  # fmt: skip
            torch.save(state, out)
    return net


def load_shortcut(path: Path) -> Shortcut:
    """A trained one."""
    net = Shortcut()
    net.load_state_dict(torch.load(path, weights_only=True)["net"])
    evaluated: Shortcut = net.eval()
    return evaluated


def sounded_rows(net: Shortcut, features: SpokenFeatures, rng: np.random.Generator) -> F32:
    """(5, T, 40) log-mel rows of features, with the spread that speech has."""
    inputs = input_features(features)
    rows = -(-len(inputs) * 5 // 4)
    with torch.no_grad():
        mean, spread = net(torch.from_numpy(inputs.T[None]), rows)
    noise = rng.standard_normal((rows + 2, N_MELS))
    # Windows of 25 ms every 10 ms share most of their samples.
    noise = 0.45 * noise[:-2] + 0.78 * noise[1:-1] + 0.45 * noise[2:]
    said = mean[0].numpy().T.reshape(rows, len(WARPS), N_MELS).transpose(1, 0, 2)
    spread_said = float(rng.uniform(*NOISE_SHARE)) * np.exp(spread[0].numpy().T)
    spoken: F32 = (said + (spread_said * noise)[None]).astype(np.float32)
    return spoken


def sound_level(log_mel: F32) -> F32:
    """(T,) amplitude of rows, in the units of int16 samples, root mean square."""
    level: F32 = np.sqrt(np.exp(log_mel).mean(axis=1)) * LEVEL_UNIT
    return level


LEVEL_UNIT = 1650.0
"""int16 samples of one unit of mel amplitude, measured on speech"""
