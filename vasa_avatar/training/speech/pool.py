"""Synthetic speech in memory, and random training crops of it.

A crop is (T, 40) log-mel rows with (T,) viseme classes and (T, 9) articulator activities.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vasa_avatar.datatypes import F32
from vasa_avatar.motion.speech.articulation import N_ARTICULATORS
from vasa_avatar.motion.speech.network import QUIET_ROW
from vasa_avatar.training.speech.augment import (
    FLOOR,
    AugmentStrength,
    add_noise,
    augment,
    take_rows,
    time_warp_path,
)
from vasa_avatar.training.speech.boundaries import BoundaryModel, load_boundaries
from vasa_avatar.training.speech.features import warped_log_mel
from vasa_avatar.training.speech.noise import KINDS, RATE_HZ
from vasa_avatar.training.speech.phones import VOWEL_CLASSES, TimedPhone, class_rows, timed_phones
from vasa_avatar.training.speech.quick import QuickUtterance, read_quick
from vasa_avatar.training.speech.shortcut import WARPS
from vasa_avatar.training.speech.synthesis import Utterance, read_shard
from vasa_avatar.training.speech.targets import articulate, loudness_rows

log = logging.getLogger(__name__)
DRAWN = {"hibari": 0.15, "kokoro": 0.3, "quick": 0.55}
"""how often each kind of shard is drawn from, where all are there"""
NOISE_CLIPS, NOISE_CLIP_S = 120, 10
USUAL_STRENGTH = AugmentStrength()
Rng = np.random.Generator


@dataclass(frozen=True, slots=True, eq=False)
class Spoken:
    """One utterance, ready to be cut from."""

    log_mel: np.ndarray
    """(warps, T, 40) float16"""
    classes: np.ndarray
    """(T,) int8"""
    activities: np.ndarray
    """(T, 9) float16"""
    voice: str
    language: str


def heard(
    utterance: Utterance | QuickUtterance, warps: tuple[float, ...] = WARPS
) -> tuple[np.ndarray, list[TimedPhone]]:
    """(warps, T, 40) rows of an utterance, and its phones as the voice tells them.

    Args:
        utterance: sound, or rows that came for WARPS.
        warps: vocal tracts to make of sound.
    """
    if isinstance(utterance, QuickUtterance):
        return utterance.log_mel, utterance.timed_phones()
    pcm = (utterance.pcm_i16 / 32768).astype(np.float32)
    return warped_log_mel(pcm, warps), timed_phones(utterance)


def prepare(
    utterance: Utterance | QuickUtterance,
    boundaries: BoundaryModel | None = None,
    warps: tuple[float, ...] = WARPS,
) -> Spoken:
    """Features and targets of one utterance; `boundaries` moves the phones' times."""
    log_mel, phones = heard(utterance, warps)
    middle = log_mel[len(log_mel) // 2].astype(np.float32)
    if boundaries is not None and phones:
        phones = boundaries.realigned(phones, middle)
    rows = len(middle)
    level = np.log(np.exp(middle).mean(axis=1))
    return Spoken(
        log_mel.astype(np.float16),
        class_rows(phones, rows),
        articulate(phones, rows, loudness_rows(level)).astype(np.float16),
        utterance.voice,
        utterance.language,
    )


def read_utterances(path: Path) -> Sequence[Utterance | QuickUtterance]:
    """The utterances of a shard of any kind."""
    return read_quick(path) if path.name.startswith("quick") else read_shard(path)


def shards_of(folder: Path, prefix: str) -> list[Path]:
    """Finished shards of one kind."""
    return [p for p in sorted(folder.glob(f"{prefix}_*.npz")) if ".part" not in p.name]


def noise_bank(kind: str, rng: Rng) -> F32:
    """(T, 40) rows of many different sounds of a kind."""
    clips = [KINDS[kind](RATE_HZ * NOISE_CLIP_S, rng) for _ in range(NOISE_CLIPS)]
    return np.concatenate([warped_log_mel(c)[0] for c in clips])


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """One training example."""

    log_mel: F32
    classes: np.ndarray
    activities: F32


class SpeechPool:
    """All prepared utterances of a folder of shards; new shards are picked up by `refresh`.

    Args:
        folder: where the shards are.
        seed: of the noises and of the choice below.
        share: how many of the shards (but kokoro's) are read.
    """

    def __init__(self, folder: Path, seed: int, share: float = 1.0) -> None:
        self._folder = folder
        self._share = share
        self._rng = np.random.default_rng(seed + 1)
        self._seen: set[str] = set()
        self._groups: dict[str, list[Spoken]] = {p: [] for p in DRAWN}
        self._boundaries = load_boundaries(folder)
        rng = np.random.default_rng(seed)
        self._noise = {kind: noise_bank(kind, rng) for kind in KINDS}
        self.refresh()

    def refresh(self) -> None:
        """Read shards that have appeared since."""
        for prefix in DRAWN:
            for path in shards_of(self._folder, prefix):
                if path.name not in self._seen:
                    self._seen.add(path.name)
                    if prefix != "kokoro" and self._rng.random() > self._share:
                        continue
                    spoken = read_utterances(path)
                    self._groups[prefix] += [prepare(u, self._boundaries) for u in spoken]

    def minutes(self) -> dict[str, float]:
        """Minutes of speech per kind of shard."""
        return {p: sum(len(s.classes) for s in group) / 6000 for p, group in self._groups.items()}

    def noise(self, rows: int, rng: Rng) -> F32:
        """Rows of some sound that is not the speaker: a kind of noise, or a crowd."""
        if rng.random() < 0.2:
            crowd = self._fill(rows, rng, quiet_s=0.0).log_mel
            for _ in range(int(rng.integers(0, 4))):
                crowd = np.logaddexp(crowd, self._fill(rows, rng, quiet_s=0.0).log_mel)
            return crowd.astype(np.float32)
        kinds = list(KINDS)
        bank = self._noise[kinds[int(rng.choice(len(kinds), p=[0.5, 0.08, 0.12, 0.3]))]]
        start = int(rng.integers(0, len(bank) - rows))
        return bank[start : start + rows]

    def crop(
        self, rows: int, rng: Rng, strength: AugmentStrength = USUAL_STRENGTH, still: float = 0.18
    ) -> Crop:
        """A random example: speech in some condition, or (share `still`) sound without speech."""
        if rng.random() < still:
            return self._still(rows, rng)
        made = self._fill(rows, rng, quiet_s=0.6)
        noise = self.noise(rows, rng)
        return Crop(augment(made.log_mel, noise, rng, strength), made.classes, made.activities)

    def _still(self, rows: int, rng: Rng) -> Crop:
        kinds = list(KINDS)
        bank = self._noise[kinds[int(rng.choice(len(kinds), p=[0.15, 0.3, 0.15, 0.4]))]]
        start = int(rng.integers(0, len(bank) - rows))
        log_mel = bank[start : start + rows]
        if rng.random() < 0.5:
            log_mel = add_noise(log_mel, self._noise["noise"][start : start + rows], 15.0)
        log_mel = np.maximum(log_mel + float(rng.uniform(-7, 1)), FLOOR)
        if rng.random() < 0.5:
            log_mel = self._set_in(log_mel, rng)
        still = np.zeros((rows, N_ARTICULATORS), np.float32)
        return Crop(log_mel.astype(np.float32), np.zeros(rows, np.int8), still)

    def _set_in(self, log_mel: F32, rng: Rng) -> F32:
        """Sound that sets in at once, after silence or at the very start of a stream."""
        hush = int(rng.integers(0, 150))
        if rng.random() < 0.5:
            hush = 0
        ramp = np.linspace(-6, 0, int(rng.integers(1, 6)))
        out = log_mel.copy()
        out[hush : hush + len(ramp)] += ramp[:, None]
        out[:hush] = QUIET_ROW
        return np.maximum(out, FLOOR)

    def _fill(self, rows: int, rng: Rng, quiet_s: float) -> Crop:
        pieces: list[Crop] = []
        total = 0
        sing = rng.random() < 0.12
        while total < rows + 40:
            piece = self._one(rng, sing)
            gap = int(rng.exponential(quiet_s * 100)) if quiet_s and rng.random() < 0.4 else 0
            if gap:
                hush = self._hush(gap, rng)
                still = np.zeros((gap, N_ARTICULATORS), np.float32)
                pieces.append(Crop(hush, np.zeros(gap, np.int8), still))
            pieces.append(piece)
            total += gap + len(piece.classes)
        start = int(rng.integers(0, min(total - rows, 200)))
        cut = slice(start, start + rows)
        return Crop(
            np.concatenate([p.log_mel for p in pieces])[cut],
            np.concatenate([p.classes for p in pieces])[cut],
            np.concatenate([p.activities for p in pieces])[cut],
        )

    def _hush(self, rows: int, rng: Rng) -> F32:
        """A pause: digital silence, or a breath, a key stroke, a little noise."""
        if rows < 8 or rng.random() < 0.4:
            return np.full((rows, self._noise["breath"].shape[1]), QUIET_ROW, np.float32)
        bank = self._noise[str(rng.choice(["breath", "breath", "keyboard", "noise"]))]
        start = int(rng.integers(0, len(bank) - rows))
        quieter = float(rng.uniform(3, 10))
        quiet: F32 = np.maximum(bank[start : start + rows] - quieter, QUIET_ROW).astype(np.float32)
        return quiet

    def _one(self, rng: Rng, sing: bool) -> Crop:
        filled = [kind for kind, group in self._groups.items() if group]
        shares = np.array([DRAWN[kind] for kind in filled])
        group = self._groups[filled[int(rng.choice(len(filled), p=shares / shares.sum()))]]
        spoken = group[int(rng.integers(len(group)))]
        warp = int(rng.choice(len(WARPS), p=[0.12, 0.2, 0.36, 0.2, 0.12]))
        is_vowel = np.isin(spoken.classes, VOWEL_CLASSES)
        path = time_warp_path(len(spoken.classes), rng, is_vowel, sing)
        nearest = np.minimum(np.rint(path).astype(np.int64), len(spoken.classes) - 1)
        return Crop(
            take_rows(spoken.log_mel[warp].astype(np.float32), path),
            spoken.classes[nearest],
            take_rows(spoken.activities.astype(np.float32), path),
        )
