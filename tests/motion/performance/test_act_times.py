"""Every act of the labelled sentences is at its height by the word that calls for it.

Whole sentences are performed in virtual time by a speaker who moves for words alone; words come in
a moment before they are spoken, as a voice gives them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from labelled_sentences import Labelled, duration_s, read

from vasa_avatar.audio import estimate_word_times
from vasa_avatar.datatypes import ARKIT_INDEX, EMOTIONS, F32, TimedWord
from vasa_avatar.motion.dynamics import DynamicsFrame, DynamicsGains, HumanDynamics
from vasa_avatar.motion.dynamics.temper import Temper
from vasa_avatar.motion.performance import LANGUAGES, Act, ActKind
from vasa_avatar.motion.word_track import WordTrack
from vasa_avatar.performance_style import PerformanceStyle

FPS = 25
WORDS_AHEAD_S = 0.5
NEAR_S = 0.12
STILL = Temper(head=0.0, trunk=0.0, brows=0.0, smile_swing=0.0)
"""moves for words alone"""
SHOWN_BY = {
    ActKind.NOD: lambda frame: -frame.head_rotation_rad[0],
    ActKind.SHAKE: lambda frame: abs(frame.head_rotation_rad[1]),
    ActKind.SIDE_TO_SIDE: lambda frame: abs(frame.head_rotation_rad[2]),
    ActKind.TILT: lambda frame: abs(frame.head_rotation_rad[2]),
    ActKind.BROW_RAISE: lambda frame: frame.expression[ARKIT_INDEX["browInnerUp"]],
    ActKind.BROW_FROWN: lambda frame: frame.expression[ARKIT_INDEX["browDownLeft"]],
    ActKind.SMILE: lambda frame: frame.mood[EMOTIONS.index("happy")],
    ActKind.LAUGH: lambda frame: frame.mood[EMOTIONS.index("happy")],
    ActKind.CONCERN: lambda frame: frame.mood[EMOTIONS.index("sad")],
}


class Watched:
    """A dynamics stream that remembers which acts it was asked for."""

    def __init__(self) -> None:
        self.stream = HumanDynamics(STILL).stream(FPS, 160, seed=1)
        self.acts: list[Act] = []
        self.time_s = 0.0

    def perform(self, acts: Sequence[Act]) -> None:
        """Those whose word is over are left out, as the first item of a list that shows late."""
        self.acts.extend(act for act in acts if act.peak_s >= self.time_s)
        self.stream.perform(acts)


def performed(sentence: Labelled) -> tuple[list[Act], list[TimedWord], list[DynamicsFrame]]:
    """The acts asked for, the words and the frames of one sentence."""
    length_s = duration_s(sentence)
    words = estimate_word_times(sentence.text, length_s)
    dynamics = Watched()
    track = WordTrack(sentence.language, PerformanceStyle(), 1, dynamics)  # type: ignore[arg-type]
    dynamics.stream.begin()
    track.begin()
    frames, waiting = [], list(words)
    for n in range(int((length_s + 0.5) * FPS)):
        time_s = dynamics.time_s = n / FPS
        while waiting and waiting[0].start_s - WORDS_AHEAD_S <= time_s:
            track.push([waiting.pop(0)])
            if not waiting:
                track.flush()
        track.step(time_s)
        frames.append(dynamics.stream.step(time_s, DynamicsGains()))
    return dynamics.acts, words, frames


def height_s(act: Act, acts: Sequence[Act], frames: list[DynamicsFrame]) -> float:
    """When an act is first nearly as far as it goes, nearer to its peak than to another's."""
    alike = [other.peak_s for other in acts if other.kind is act.kind and other is not act]
    begin_s, end_s = act.peak_s - 0.3, act.peak_s + 0.4
    begin_s = max([begin_s, *(0.5 * (p + act.peak_s) for p in alike if p < act.peak_s)])
    end_s = min([end_s, *(0.5 * (p + act.peak_s) for p in alike if p > act.peak_s)])
    first = max(int(begin_s * FPS), 0)
    shown = SHOWN_BY[act.kind]
    course: F32 = np.array([shown(frame) for frame in frames[first : int(end_s * FPS)]])
    return (first + int(np.argmax(course >= 0.97 * course.max()))) / FPS


def away_s(time_s: float, act: Act, words: Sequence[TimedWord]) -> float:
    """How far a time is from the word in which an act should peak."""
    word = min(words, key=lambda w: max(w.start_s - act.peak_s, act.peak_s - w.end_s, 0.0))
    return max(word.start_s - time_s, time_s - word.end_s, 0.0)


@pytest.mark.slow
def test_acts_are_at_their_height_by_their_word() -> None:
    late = []
    for language in LANGUAGES:
        for sentence in read(language):
            acts, words, frames = performed(sentence)
            late += [
                (away_s(height_s(act, acts, frames), act, words), act.kind.value, sentence.text)
                for act in acts
                if act.kind in SHOWN_BY
            ]
    assert len(late) > 400
    far = [row for row in late if row[0] > NEAR_S]
    assert not far, far
