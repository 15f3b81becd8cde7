"""A style's numbers are checked, and each of them can be seen in what moves."""

from __future__ import annotations

import numpy as np
import pytest
from sounds import speech_like

from vasa_avatar.audio import resample
from vasa_avatar.datatypes import ARKIT_INDEX, F32
from vasa_avatar.motion import HumanDynamics
from vasa_avatar.motion.dynamics import Attention, DynamicsFrame, DynamicsGains
from vasa_avatar.performance_style import EyeContact, PerformanceStyle

pytestmark = pytest.mark.slow

FPS = 25


def speak(style: PerformanceStyle, seed: int = 1, seconds: int = 60) -> list[DynamicsFrame]:
    stream = HumanDynamics().stream(FPS, 160, seed, style)
    stream.begin()
    stream.push(resample(speech_like(float(seconds), 16_000, seed=2), 16_000))
    stream.flush()
    return [stream.step((n + 0.5) / FPS, DynamicsGains()) for n in range(seconds * FPS)]


def head(frames: list[DynamicsFrame]) -> F32:
    return np.rad2deg(np.stack([frame.head_rotation_rad for frame in frames]))


def away_share(frames: list[DynamicsFrame]) -> float:
    gaze = np.rad2deg(np.stack([frame.gaze_rad for frame in frames]))
    return float((np.hypot(*gaze.T) > 3.5).mean())


def blinks(frames: list[DynamicsFrame]) -> int:
    lids = np.array([frame.expression[ARKIT_INDEX["eyeBlinkLeft"]] for frame in frames])
    return int(((lids[1:] > 0) & (lids[:-1] == 0)).sum())


@pytest.mark.parametrize(
    ("name", "value"),
    [("gain", 2.1), ("liveliness", -0.1), ("quickness", 0.4), ("head_tempo", 3.0),
     ("asymmetry", 2.5), ("blinks_per_min", 2.0), ("seed", -1)],
)  # fmt: skip
def test_numbers_out_of_range_are_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=name):
        PerformanceStyle(**{name: value})


def test_eye_contact_is_a_share() -> None:
    with pytest.raises(ValueError, match="eye contact while listening is 1.2; expected 0.05 to 1"):
        EyeContact(listening=1.2)


def test_a_lively_character_moves_more() -> None:
    calm, lively = (
        np.abs(np.diff(head(speak(PerformanceStyle(liveliness=much, seed=4))), axis=0)).mean()
        for much in (0.5, 1.5)
    )
    assert lively > 1.6 * calm


def test_eyes_stay_with_the_viewer_as_asked() -> None:
    shares = [
        away_share(speak(PerformanceStyle(eye_contact=EyeContact(speaking=share), seed=5)))
        for share in (0.3, 0.9)
    ]
    assert shares[0] > 0.45
    assert shares[1] < 0.3


def test_blinks_come_as_often_as_asked() -> None:
    few, many = (
        blinks(speak(PerformanceStyle(blinks_per_min=rate, seed=5), seconds=180)) / 3
        for rate in (8.0, 40.0)
    )
    assert 4 <= few <= 14
    assert 30 <= many <= 50


def test_the_same_nature_in_every_session() -> None:
    """Sessions of one seeded style resemble each other; without a seed each draws a nature."""

    def roll_to_yaw(style: PerformanceStyle) -> list[float]:
        spread = [head(speak(style, seed)).std(axis=0) for seed in range(6)]
        return [float(np.log(roll / yaw)) for _, yaw, roll in spread]

    assert np.std(roll_to_yaw(PerformanceStyle(seed=5))) < 0.6 * np.std(
        roll_to_yaw(PerformanceStyle())
    )


def test_thinkers_look_away() -> None:
    stream = HumanDynamics().stream(FPS, 160, 1, PerformanceStyle(seed=5))
    stream.attend(Attention.THINKING)
    frames = [stream.step(None, DynamicsGains()) for _ in range(120 * FPS)]
    assert away_share(frames) > 0.5
