"""Acts to movements: in time with their words, one eye for a wink, nothing when words are late."""

from __future__ import annotations

import numpy as np
import pytest

from vasa_avatar.datatypes import ARKIT_INDEX, EMOTIONS, F32
from vasa_avatar.motion.dynamics import DynamicsFrame, DynamicsGains, HumanDynamics
from vasa_avatar.motion.dynamics.temper import Temper
from vasa_avatar.motion.performance import Act, ActKind

FPS = 50
PEAK_S = 1.0


def moved(kind: ActKind, strength: float = 1.0, *, late_s: float = 0.0) -> list[DynamicsFrame]:
    """What an act at PEAK_S adds: three seconds with it less the same without."""
    act = Act(kind, PEAK_S - 0.2, PEAK_S, PEAK_S + 0.5, strength)
    stream = HumanDynamics(Temper()).stream(FPS, 160, seed=3)
    stream.begin()
    if not late_s:
        stream.perform([act])
    frames = []
    for n in range(3 * FPS):
        if late_s and n == int((PEAK_S + late_s) * FPS):
            stream.perform([act])
        frames.append(stream.step(n / FPS, DynamicsGains()))
    return frames


def plain() -> list[DynamicsFrame]:
    stream = HumanDynamics(Temper()).stream(FPS, 160, seed=3)
    stream.begin()
    return [stream.step(n / FPS, DynamicsGains()) for n in range(3 * FPS)]


def head(frames: list[DynamicsFrame]) -> F32:
    return np.rad2deg(np.stack([frame.head_rotation_rad for frame in frames]))


def face(frames: list[DynamicsFrame], name: str) -> F32:
    return np.array([frame.expression[ARKIT_INDEX[name]] for frame in frames], np.float32)


@pytest.mark.parametrize(
    ("kind", "axis", "size_deg"),
    [(ActKind.NOD, 0, 4.0), (ActKind.SHAKE, 1, 3.5), (ActKind.TILT, 2, 3.0)],
)
def test_the_head_is_furthest_at_the_word(kind: ActKind, axis: int, size_deg: float) -> None:
    change = np.abs(head(moved(kind))[:, axis] - head(plain())[:, axis])
    first = np.argmax(change[: int((PEAK_S + 0.12) * FPS)])
    assert abs(first / FPS - PEAK_S) <= 0.12
    assert change.max() > size_deg


def test_a_shake_goes_to_both_sides() -> None:
    change = head(moved(ActKind.SHAKE))[:, 1] - head(plain())[:, 1]
    assert change.max() > 2.0
    assert change.min() < -2.0


def test_brows_rise_and_knit() -> None:
    raised = face(moved(ActKind.BROW_RAISE), "browInnerUp") - face(plain(), "browInnerUp")
    assert abs(np.argmax(raised) / FPS - PEAK_S) <= 0.12
    assert raised.max() > 0.3
    knit = face(moved(ActKind.BROW_FROWN), "browDownLeft")
    assert knit.max() > face(plain(), "browDownLeft").max() + 0.2


@pytest.mark.parametrize(
    ("kind", "emotion"),
    [(ActKind.SMILE, "happy"), (ActKind.LAUGH, "happy"), (ActKind.CONCERN, "sad")],
)
def test_feelings_come_and_go(kind: ActKind, emotion: str) -> None:
    mood = np.stack([frame.mood for frame in moved(kind)])[:, EMOTIONS.index(emotion)]
    assert mood[int(PEAK_S * FPS)] > 0.3
    assert mood[0] == 0.0
    assert mood[-1] == 0.0


def test_a_wink_is_one_eye() -> None:
    frames = moved(ActKind.WINK)
    at = slice(int((PEAK_S - 0.04) * FPS), int((PEAK_S + 0.3) * FPS))
    assert face(frames, "eyeBlinkLeft")[at].max() > 0.95
    assert face(frames, "eyeBlinkRight")[at].max() < 0.3


def test_gaze_leaves_for_a_word_and_comes_back() -> None:
    gaze = np.rad2deg(np.stack([frame.gaze_rad for frame in moved(ActKind.GAZE_ASIDE)]))
    assert np.hypot(*gaze[int((PEAK_S + 0.2) * FPS)]) > 5.0
    back = np.rad2deg(np.stack([frame.gaze_rad for frame in moved(ActKind.GAZE_BACK)]))
    assert np.hypot(*back[int((PEAK_S + 0.2) * FPS)]) < 3.0


def test_an_act_that_comes_too_late_is_left_out() -> None:
    late = head(moved(ActKind.NOD, late_s=0.4))
    np.testing.assert_array_equal(late, head(plain()))
    a_little_late = head(moved(ActKind.NOD, late_s=0.1))
    assert np.abs(a_little_late - head(plain())).max() > 3.0
    assert np.abs(np.diff(a_little_late, axis=0)).max() < 2.5  # no jolt


def test_a_barge_in_forgets_what_has_not_begun() -> None:
    stream, other = (HumanDynamics(Temper()).stream(FPS, 160, seed=3) for _ in range(2))
    stream.begin()
    other.begin()
    stream.perform([Act(ActKind.NOD, 0.8, 1.0, 1.4, 1.0)])
    for n in range(10):
        stream.step(n / FPS, DynamicsGains())
        other.step(n / FPS, DynamicsGains())
    stream.cut()
    other.cut()
    for _ in range(100):
        got, expected = (s.step(None, DynamicsGains()) for s in (stream, other))
        np.testing.assert_array_equal(got.head_rotation_rad, expected.head_rotation_rad)
