"""Fit the pretrained network to filmed mouths, with synthetic speech beside it so nothing is lost.

Filmed clips teach opening and width (through the coefficients' geometry, so that the articulators
keep their meaning) and, where the words are known, viseme classes. Each clip counts in its own
units: faces, lenses and manners differ by more than what is said.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from vasa_avatar.datatypes import F32
from vasa_avatar.motion.speech.articulation import lip_coefficients
from vasa_avatar.training.speech.alignment import Aligner, clip_words
from vasa_avatar.training.speech.augment import AugmentStrength, augment
from vasa_avatar.training.speech.clips import Clip, standard
from vasa_avatar.training.speech.features import warped_log_mel
from vasa_avatar.training.speech.geometry import OPENING, WIDTH, measure
from vasa_avatar.training.speech.model import aligned
from vasa_avatar.training.speech.phones import CLASSES, class_rows
from vasa_avatar.training.speech.shortcut import WARPS

log = logging.getLogger(__name__)
OPENING_DEVIATION = 0.048
WIDTH_DEVIATION = 0.036
"""Filmed people's usual standard deviations in speech, in eye distances."""
NO_CLASS = -100
_STRENGTH = AugmentStrength(noise=0.4, room=0.3, line=0.25, equaliser=0.7, mask=0.3)


@dataclass(frozen=True, slots=True, eq=False)
class Filmed:
    """One clip, ready to be cut from."""

    name: str
    speaker: str
    log_mel: np.ndarray
    """(warps, T, 40)"""
    mouth: F32
    """(T, 2) opening and width, standardised over the clip"""
    classes: np.ndarray
    """(T,) viseme class, NO_CLASS where the words are not known"""
    weight: float


def prepare_clips(clips: list[Clip]) -> list[Filmed]:
    """Features, targets and classes of clips that may be learned from."""
    aligner, words = Aligner(), clip_words()
    out = []
    for clip in clips:
        rows = len(clip.opening)
        classes = np.full(rows, NO_CLASS, np.int64)
        if clip.name in words:
            phones = aligner.align(clip.pcm, words[clip.name])
            known = class_rows(phones, rows)
            for phone in phones:
                span = slice(int(phone.start / 160) + 1, int(phone.end / 160))
                classes[span] = known[span]
        mouth = np.stack((standard(clip.opening), standard(clip.width)), axis=1)
        log_mel = warped_log_mel(clip.pcm, WARPS)[:, :rows]
        out.append(Filmed(clip.name, clip.speaker, log_mel, mouth, classes, float(np.sqrt(rows))))
    return out


def filmed_batch(
    filmed: list[Filmed], noise: list[F32], rows: int, rng: np.random.Generator
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Random crops: (B, rows, 40), (B, rows, 2), (B, rows) classes, (B, rows) 1 where filmed."""
    share = np.array([f.weight for f in filmed])
    mels, mouths, classes, masks = [], [], [], []
    for sound in noise:
        clip = filmed[int(rng.choice(len(filmed), p=share / share.sum()))]
        total = len(clip.mouth)
        start = int(rng.integers(0, max(1, total - rows)))
        cut = slice(start, start + rows)
        warp = int(rng.choice(len(WARPS), p=[0.1, 0.2, 0.4, 0.2, 0.1]))
        missing = max(0, rows - total)
        mel = np.pad(clip.log_mel[warp, cut], ((0, missing), (0, 0)), constant_values=-14.0)
        mels.append(augment(mel, sound, rng, _STRENGTH))
        mouths.append(np.pad(clip.mouth[cut], ((0, missing), (0, 0))))
        classes.append(np.pad(clip.classes[cut], (0, missing), constant_values=NO_CLASS))
        masks.append(np.pad(np.ones(rows - missing, np.float32), (0, missing)))
    return (
        torch.from_numpy(np.stack(mels)),
        torch.from_numpy(np.stack(mouths)),
        torch.from_numpy(np.stack(classes)),
        torch.from_numpy(np.stack(masks)),
    )


def _agreement(said: Tensor, filmed: Tensor, mask: Tensor, deviation: float) -> Tensor:
    """1 - correlation over each crop, plus a pull of the deviation towards people's."""
    count = mask.sum(dim=1, keepdim=True).clamp(min=1)

    def centred(x: Tensor) -> Tensor:
        return (x - (x * mask).sum(dim=1, keepdim=True) / count) * mask

    a, b = centred(said), centred(filmed)
    spread_a = (a.square().sum(dim=1) / count[:, 0] + 1e-6).sqrt()
    spread_b = (b.square().sum(dim=1) / count[:, 0] + 1e-4).sqrt()
    correlation = (a * b).sum(dim=1) / count[:, 0] / (spread_a * spread_b)
    ratio = torch.log(spread_a / (deviation * spread_b.clamp(0.5, 1.5)))
    return (1 - correlation).mean() + 0.15 * ratio.square().mean()


def filmed_loss(
    outputs: dict[int, Tensor], mouth: Tensor, classes: Tensor, mask: Tensor
) -> tuple[Tensor, dict[str, float]]:
    """Disagreement of opening and width with the film, and cross entropy where words are known."""
    total = torch.zeros(())
    figures: dict[str, float] = {}
    for ms in outputs:
        rows, count = aligned(outputs, ms)
        shapes = lip_coefficients(torch.sigmoid(rows[..., len(CLASSES) :]))
        kept = mask[:, :count]
        opening = _agreement(measure(shapes, OPENING), mouth[:, :count, 0], kept, OPENING_DEVIATION)
        width = _agreement(measure(shapes, WIDTH), mouth[:, :count, 1], kept, WIDTH_DEVIATION)
        total = total + opening + width
        if (classes[:, :count] != NO_CLASS).any():
            entropy = torch.nn.functional.cross_entropy(
                rows[..., : len(CLASSES)].transpose(1, 2), classes[:, :count],
                ignore_index=NO_CLASS, label_smoothing=0.05,
            )  # fmt: skip
            total = total + 0.5 * entropy
        figures[f"open{ms}"], figures[f"width{ms}"] = float(opening.detach()), float(width.detach())
    return total, figures
