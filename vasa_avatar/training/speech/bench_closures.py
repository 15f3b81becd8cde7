"""Viseme classes and closed lips on voices that training never heard, and on film to compare.

Lips count as shut where the gap between them, in the drawn frame or in the film, is within SHUT of
the resting gap, in units of the distance between the outer eye corners (1 px of a 512 px portrait
is some .007).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vasa_avatar.appearance import load_avatar
from vasa_avatar.audio.log_mel import log_mel
from vasa_avatar.datatypes import F32, FaceMotion
from vasa_avatar.motion.speech.base import SpeechModel
from vasa_avatar.motion.speech.network import (
    BLOCK_ROWS,
    DELAY_BLOCKS,
    LEVEL_FLOOR,
    MOST_ROWS,
    N_MELS,
    QUIET_ROW,
    NetworkSpeech,
)
from vasa_avatar.profiles import load_profile
from vasa_avatar.render.mesh import MeshRenderer
from vasa_avatar.training.speech.alignment import Aligner, clip_words
from vasa_avatar.training.speech.boundaries import BoundaryModel, load_boundaries
from vasa_avatar.training.speech.clips import estimate_offsets, load_clips
from vasa_avatar.training.speech.features import warped_log_mel
from vasa_avatar.training.speech.phones import (
    BILABIAL,
    SILENCE,
    TimedPhone,
    class_rows,
    timed_phones,
)
from vasa_avatar.training.speech.synthesis import HELD_OUT_LANGUAGES, Utterance, read_shard

FPS = 25
SHUT = 0.01
NEAR_S = 0.04
"""A closure is met by a shut frame whose middle is within the phone or this much beside it."""
CLEAR_S = 0.10
"""Frames this far from every closure count as elsewhere."""


def speech_rows(model: SpeechModel, pcm_16k: F32, lookahead_ms: int) -> F32:
    """(T, 52) of a whole recording."""
    stream = model.stream(lookahead_ms)
    return np.concatenate((stream.push(pcm_16k), stream.flush()))


def class_scores(model: NetworkSpeech, pcm_16k: F32, lookahead_ms: int) -> tuple[F32, F32]:
    """(T, 15) class scores and (T, 9) activities of a whole recording."""
    rows = log_mel(pcm_16k)
    delay = BLOCK_ROWS * DELAY_BLOCKS[lookahead_ms]
    extra = delay + (len(rows) + delay) % BLOCK_ROWS
    padded = np.concatenate((rows, np.full((extra, N_MELS), QUIET_ROW, np.float32)))
    level, memory = np.full(1, LEVEL_FLOOR, np.float32), np.zeros(model.memory_shape, np.float32)
    scores, activities = [], []
    for start in range(0, len(padded), MOST_ROWS):
        blocks = padded[start : start + MOST_ROWS]
        said, moved, level, memory = model.run_blocks(lookahead_ms, blocks, level, memory)
        scores.append(said)
        activities.append(moved)
    cut = slice(delay, delay + len(rows))
    return np.concatenate(scores)[cut], np.concatenate(activities)[cut]


def held_out(shards: Path) -> list[Utterance]:
    """Synthetic speech of the voices and languages that training never hears."""
    return [u for path in sorted(shards.glob("heldout_*.npz")) for u in read_shard(path)]


def _languages(spoken: list[Utterance]) -> Iterator[tuple[str, list[int]]]:
    """Each language's name and the indices of its utterances."""
    for language in sorted({u.language for u in spoken}):
        mark = "*" if language in HELD_OUT_LANGUAGES else " "
        yield language + mark, [i for i, u in enumerate(spoken) if u.language == language]


@dataclass(frozen=True, slots=True)
class Reference:
    """Which times of phones count as true."""

    title: str
    boundaries: BoundaryModel | None
    """moves the times; None: as the voices tell them, in steps of 25 ms"""

    def phones(self, utterance: Utterance) -> list[TimedPhone]:
        """The phones of a synthetic utterance with their times."""
        phones = timed_phones(utterance)
        if self.boundaries is None or not phones:
            return phones
        return self.boundaries.realigned(phones, warped_log_mel(sound_of(utterance))[0])


def references(shards: Path) -> list[Reference]:
    """Told times, and the moved ones where a model for that lies beside the shards."""
    told = [Reference("times as the voices tell them, in steps of 25 ms", None)]
    boundaries = load_boundaries(shards)
    moved = "times moved to where the sound changes"
    return told + ([Reference(moved, boundaries)] if boundaries is not None else [])


def sound_of(utterance: Utterance) -> F32:
    """(N,) at 16 kHz, -1 to 1."""
    return (utterance.pcm_i16 / 32768).astype(np.float32)


def bench_voices(shards: Path, network: NetworkSpeech) -> None:
    """Viseme classes, row by row."""
    print("Unseen synthetic voices (* language never trained on): viseme classes; the same where")
    print("no change of class is within 20 ms; mean of the classes' own accuracies")
    spoken = held_out(shards)
    for ms in DELAY_BLOCKS:
        said = [class_scores(network, sound_of(u), ms)[0].argmax(axis=1) for u in spoken]
        for reference in references(shards):
            print(f"  {ms} ms, {reference.title}")
            true = [
                class_rows(reference.phones(u), len(s)) for u, s in zip(spoken, said, strict=True)
            ]
            for language, indices in _languages(spoken):
                _show_classes(language, [said[i] for i in indices], [true[i] for i in indices])


def _show_classes(name: str, said: list[np.ndarray], true: list[np.ndarray]) -> None:
    classes = np.concatenate(true)
    right = np.concatenate(said) == classes
    inside = right[np.concatenate([away_from_changes(t) for t in true])].mean()
    even = np.mean([right[classes == c].mean() for c in np.unique(classes)])
    print(f"    {name} {right.mean():.3f}  {inside:.3f}  {even:.3f}  ({len(right) / 6000:.1f} min)")


def away_from_changes(classes: np.ndarray, rows: int = 2) -> np.ndarray:
    """(T,) bool: no change of class within `rows` rows."""
    steady = np.ones(len(classes), bool)
    for change in np.flatnonzero(np.diff(classes)) + 1:
        steady[max(0, change - rows) : change + rows] = False
    return steady


def count_closures(
    phones: list[TimedPhone], times_s: F32, is_shut: np.ndarray
) -> tuple[int, int, int, int]:
    """Closures met and asked for; frames shut elsewhere in speech, and frames of such speech."""
    met = asked = 0
    clear = np.zeros(len(times_s), bool)
    for phone in phones:
        if phone.viseme != SILENCE:
            clear |= (times_s >= phone.start / 16_000) & (times_s < phone.end / 16_000)
    for phone in (p for p in phones if p.viseme == BILABIAL):
        start, end = phone.start / 16_000, phone.end / 16_000
        met += bool(is_shut[(times_s > start - NEAR_S) & (times_s < end + NEAR_S)].any())
        asked += 1
        clear &= (times_s < start - CLEAR_S) | (times_s > end + CLEAR_S)
    return met, asked, int((is_shut & clear).sum()), int(clear.sum())


def _show(name: str, tally: np.ndarray) -> None:
    print(
        f"  {name:<22} {tally[0] / max(tally[1], 1):.3f} of {tally[1]:>4}   "
        f"shut elsewhere {tally[2] / max(tally[3], 1):.3f} of {tally[3]} frames"
    )


def drawn_gaps(renderer: MeshRenderer, rows: F32) -> tuple[F32, F32]:
    """Middles of the frames at 25 fps in seconds, and the drawn gap above rest in eye distances."""

    def gap(expression: F32) -> float:
        at = renderer.vertices_px(FaceMotion(expression=expression))
        eyes = np.linalg.norm(at[33] - at[263])
        return float(np.linalg.norm(at[13] - at[14]) / eyes)

    times_s = ((np.arange(len(rows) * FPS // 100) + 0.5) / FPS).astype(np.float32)
    left = np.minimum((times_s * 100).astype(np.int64), len(rows) - 2)
    share = (times_s * 100 - left)[:, None].astype(np.float32)
    mouths = rows[left] + share * (rows[left + 1] - rows[left])
    rest = gap(np.zeros(rows.shape[1], np.float32))
    return times_s, np.array([gap(mouth) - rest for mouth in mouths], np.float32)


def _renderer_of(profile: str) -> MeshRenderer:
    baked = load_profile(profile).avatar
    if baked is None:
        raise ValueError(f"character {profile!r} has no baked avatar; name a shipped one")
    return MeshRenderer(load_avatar(baked))


def bench_closures(shards: Path, network: SpeechModel, profile: str) -> None:
    """Do the drawn lips shut on p, b and m, and only there."""
    renderer = _renderer_of(profile)
    print(f"Closures on p, b, m in frames drawn of {profile}, unseen synthetic voices")
    spoken = held_out(shards)
    for ms in DELAY_BLOCKS:
        drawn = [drawn_gaps(renderer, speech_rows(network, sound_of(u), ms)) for u in spoken]
        for reference in references(shards):
            print(f"  {ms} ms, {reference.title}")
            tallies = np.array(
                [
                    count_closures(reference.phones(u), times_s, gaps < SHUT)
                    for u, (times_s, gaps) in zip(spoken, drawn, strict=True)
                ]
            )
            for language, indices in _languages(spoken):
                _show(language, tallies[indices].sum(axis=0))
            _show("all", tallies.sum(axis=0))


def bench_filmed_closures(corpus: Path, network: SpeechModel, profile: str) -> None:
    """The same count on filmed people whose words are known, theirs and ours with their sound."""
    aligner, words = Aligner(), clip_words()
    renderer = _renderer_of(profile)
    tallies = {name: np.zeros(4, np.int64) for name in ("film", *map(_ours, DELAY_BLOCKS))}
    for clip in load_clips(corpus, estimate_offsets(corpus)):
        if clip.name not in words:
            continue
        phones = aligner.align(clip.pcm, words[clip.name])
        times_s = (np.arange(len(clip.opening)) * 0.01).astype(np.float32)
        is_shut = clip.opening - np.percentile(clip.opening, 2) < SHUT
        tallies["film"] += count_closures(phones, times_s, is_shut)
        for ms in DELAY_BLOCKS:
            times_s, gaps = drawn_gaps(renderer, speech_rows(network, clip.pcm, ms))
            tallies[_ours(ms)] += count_closures(phones, times_s, gaps < SHUT)
    print(f"Closures on p, b, m of filmed people (rows at 100 Hz), and of {profile} as drawn")
    for name, tally in tallies.items():
        _show(name, tally)


def _ours(lookahead_ms: int) -> str:
    return f"ours {lookahead_ms} ms"
