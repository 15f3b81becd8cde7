"""Speech as few mouths: each is held, changes are quick, closed lips shut without delay."""

from __future__ import annotations

import numpy as np

from vasa_avatar.datatypes import ARKIT_INDEX, F32, K
from vasa_avatar.motion.held_mouths import HOLD_S, MOUTHS, HeldMouths

FPS = 50
JAW, PRESS = ARKIT_INDEX["jawOpen"], ARKIT_INDEX["mouthRollUpper"]


def row(**units: float) -> F32:
    out = np.zeros(K, np.float32)
    for name, value in units.items():
        for side in (name,) if name in ARKIT_INDEX else (f"{name}Left", f"{name}Right"):
            out[ARKIT_INDEX[side]] = value
    return out


def vowel(openness: float) -> F32:
    return row(
        jawOpen=openness, mouthLowerDown=0.1 + openness, mouthUpperUp=0.6 * openness,
        mouthStretch=0.5 * openness,
    )  # fmt: skip


def pressed() -> F32:
    return row(mouthRollLower=0.2, mouthRollUpper=0.18, mouthPress=0.14, mouthPucker=0.1)


def test_babble_becomes_a_few_mouths_that_are_held() -> None:
    mouths, rng = HeldMouths(FPS), np.random.default_rng(3)
    course = np.interp(np.arange(500), np.arange(0, 500, 5), rng.uniform(0.0, 0.3, 100))
    shown = np.stack([mouths.step(vowel(float(jaw))) for jaw in course])
    still = np.abs(np.diff(shown, axis=0)).max(1) < 1e-6
    assert still.mean() > 0.4
    kept = {tuple(np.round(frame, 4)) for frame in shown[1:][still]}
    assert 3 <= len(kept) <= len(MOUTHS)
    begins = np.flatnonzero(still[:-1] & ~still[1:])
    assert np.diff(begins).min() >= round(HOLD_S * FPS)
    late = round(0.04 * FPS)
    assert np.corrcoef(shown[late:, JAW], course[:-late])[0, 1] > 0.85


def test_lips_that_must_shut_do_so_in_the_next_frame() -> None:
    mouths = HeldMouths(FPS)
    for _ in range(20):
        open_mouth = mouths.step(vowel(0.3))
    mouths.step(vowel(0.0))
    first = mouths.step(pressed())
    then = [mouths.step(pressed()) for _ in range(3)]
    assert open_mouth[JAW] > 0.2 and open_mouth[PRESS] == 0.0
    assert first[PRESS] > 0.0
    assert then[-1][PRESS] > 0.15 and then[-1][JAW] < 0.06


def test_after_a_rest_speech_begins_from_a_shut_mouth() -> None:
    mouths = HeldMouths(FPS)
    for _ in range(20):
        mouths.step(vowel(0.3))
    mouths.rest()
    assert not mouths.step(row()).any()
