"""Phones to classes and articulation: closures shut, silence rests, rounding comes early."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vasa_avatar.motion.speech.articulation import decode
from vasa_avatar.training.speech.phones import (
    BILABIAL,
    CLASS_OF,
    TTS_LATE_SAMPLES,
    TimedPhone,
    class_rows,
    timed_phones,
)
from vasa_avatar.training.speech.synthesis import UNIT_SAMPLES, Utterance, read_shard, write_shard
from vasa_avatar.training.speech.targets import CLOSURE, JAW, PUCKER, SHAPES, TUCK, articulate


def spaced(text: str, step_s: float = 0.1) -> list[TimedPhone]:
    """Phones one after another, `step_s` each."""
    step = step_s * 16_000
    return [TimedPhone(p, i * step, (i + 1) * step, 0) for i, p in enumerate(text)]


def test_every_classed_phone_has_a_shape() -> None:
    assert set(CLASS_OF) <= set(SHAPES)


@pytest.mark.parametrize("phone", ["p", "b", "m"])
def test_bilabials_close_between_open_vowels(phone: str) -> None:
    activities = articulate(spaced(f"  a{phone}a  "), 70)
    assert activities[33:37, CLOSURE].max() > 0.9
    assert activities[24, CLOSURE] < 0.1 and activities[46, CLOSURE] < 0.1
    rows = decode(activities)
    shut = rows[:, 18] >= rows[:, 17]
    assert shut[34:36].any() and not shut[24] and rows[24, 17] > 0.15


def test_labiodentals_tuck_and_do_not_close() -> None:
    activities = articulate(spaced("  afa  "), 70)
    assert activities[35, TUCK] > 0.8 and activities[35, CLOSURE] < 0.1


def test_rounding_starts_before_its_vowel() -> None:
    activities = articulate(spaced("  aktu  "), 80)
    assert activities[45, PUCKER] > 0.25 * activities[55, PUCKER] > 0.05


def test_silence_rests() -> None:
    activities = articulate(spaced("a" + " " * 8), 90)
    assert activities[50:80].max() < 0.02 < activities[5, JAW]


def test_loudness_opens_the_jaw() -> None:
    loud = articulate(spaced(" a "), 30, np.ones(30, np.float32))
    quiet = articulate(spaced(" a "), 30, np.zeros(30, np.float32))
    assert loud[15, JAW] > 1.5 * quiet[15, JAW]


def utterance() -> Utterance:
    """A pad, stress mark, p, aɪ (as one token), length mark, gap, m, pad; each 4 units long."""
    phones = " ˈpIː m "
    durations = np.full(len(phones), 4, np.int32)
    samples = int(durations.sum()) * UNIT_SAMPLES
    rng = np.random.default_rng(0)
    pcm = (rng.standard_normal(samples) * 3000).astype(np.int16)
    pcm[: 4 * UNIT_SAMPLES - TTS_LATE_SAMPLES] = 0
    return Utterance(pcm, phones, durations, "voice", "en")


def test_marks_and_gaps_join_their_phones() -> None:
    phones = timed_phones(utterance())
    assert [p.phone for p in phones] == ["p", "a", "ɪ", "m"]
    assert [p.stress for p in phones] == [2, 2, 2, 0]
    assert all(a.end == b.start for a, b in zip(phones[:-1], phones[1:], strict=True))
    classes = class_rows(phones, 80)
    assert classes[int(phones[0].start / 160) + 2] == BILABIAL
    assert (phones[0].start, phones[-1].end) == (0, len(utterance().pcm_i16))


def test_shards_come_back_as_they_went(tmp_path: Path) -> None:
    path = tmp_path / "x_000.npz"
    given = [utterance(), utterance()]
    write_shard(path, given)
    for before, after in zip(given, read_shard(path), strict=True):
        np.testing.assert_array_equal(before.pcm_i16, after.pcm_i16)
        np.testing.assert_array_equal(before.durations, after.durations)
        assert (before.phones, before.voice, before.language) == (
            after.phones, after.voice, after.language,
        )  # fmt: skip
