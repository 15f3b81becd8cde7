"""Feelings come, stay and go over the mood; those of words come with their words."""

from __future__ import annotations

import numpy as np
import pytest

from vasa_avatar.datatypes import EMOTIONS, F32, Emotion, Feeling, TimedWord
from vasa_avatar.motion.feeling import FeelingTrack, WordFeelings

FPS = 25
HAPPY, SAD = EMOTIONS.index("happy"), EMOTIONS.index("sad")


def mood(**strengths: float) -> F32:
    out = np.zeros(len(EMOTIONS), np.float32)
    for name, strength in strengths.items():
        out[EMOTIONS.index(name)] = strength
    return out


def course(track: FeelingTrack, seconds: float, own: F32) -> F32:
    rows = []
    for _ in range(round(seconds * FPS)):
        track.step()
        rows.append(track.over(own).copy())
    return np.array(rows)


def test_without_a_feeling_the_mood_is_the_own() -> None:
    own = mood(happy=0.2)
    assert course(FeelingTrack(FPS), 0.2, own)[-1] == pytest.approx(own)


def test_it_comes_stays_and_goes_back_to_the_mood() -> None:
    track, own = FeelingTrack(FPS), mood(happy=0.2)
    track.feel(Feeling((Emotion("sad", 0.8),), onset_s=0.4, hold_s=1.0, decay_s=2.0))
    rows = course(track, 4.0, own)
    assert rows[9] == pytest.approx(mood(sad=0.8))
    assert rows[33] == pytest.approx(mood(sad=0.8))
    assert 0.2 < rows[60][SAD] < 0.7
    assert rows[-1] == pytest.approx(own)
    assert np.abs(np.diff(rows, axis=0)).max() < 0.2, "nothing jumps"


def test_another_takes_over_and_is_let_go() -> None:
    track, own = FeelingTrack(FPS), mood()
    track.feel(Feeling((Emotion("sad", 1.0),), onset_s=0.4))
    course(track, 0.2, own)
    track.feel(Feeling((Emotion("happy", 0.5),), onset_s=0.4, decay_s=1.0))
    rows = course(track, 5.0, own)
    assert rows[-1] == pytest.approx(mood(happy=0.5)), "without a hold it stays"
    track.feel(None)
    rows = course(track, 1.2, own)
    assert rows[-1] == pytest.approx(own)
    track.feel(None)
    assert course(track, 0.2, own)[-1] == pytest.approx(own)


def test_neutral_is_a_face_without_mood() -> None:
    track, own = FeelingTrack(FPS), mood(happy=0.6)
    track.feel(Feeling((Emotion("neutral"),), onset_s=0.2))
    assert course(track, 1.0, own)[-1][HAPPY] == pytest.approx(0.0)


def test_mixtures_above_one_are_scaled_down() -> None:
    track = FeelingTrack(FPS)
    track.feel(Feeling((Emotion("sad", 1.0), Emotion("happy", 1.0)), onset_s=0.1))
    assert course(track, 1.0, mood())[-1] == pytest.approx(mood(sad=0.5, happy=0.5))


def test_a_feeling_comes_with_its_word_and_outlives_the_last_one_a_little() -> None:
    track = FeelingTrack(FPS)
    felt = WordFeelings(track, FPS)
    joy = Feeling((Emotion("happy", 1.0),), onset_s=0.2, decay_s=0.5)
    felt.begin()
    felt.push([TimedWord("I", 0.0, 0.2), TimedWord("won", 0.6, 1.0, joy)])
    shown = []
    for frame in range(100):
        if frame < 30:
            felt.speak((frame + 0.5) / FPS)
        else:
            felt.rest()
        track.step()
        shown.append(track.over(mood())[HAPPY])
    assert max(shown[:12]) == 0.0
    assert shown[20] == pytest.approx(1.0) and shown[45] == pytest.approx(1.0)
    assert shown[-1] == pytest.approx(0.0)


@pytest.mark.parametrize("name", ["onset_s", "decay_s", "hold_s"])
def test_times_are_checked(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} is -1"):
        Feeling((Emotion("sad"),), **{name: -1})
