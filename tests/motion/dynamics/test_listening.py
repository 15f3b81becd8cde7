"""A listener answers at the places where listeners do, and not elsewhere."""

from __future__ import annotations

import numpy as np
from sounds import tone_of_voice

from vasa_avatar.datatypes import ARKIT_INDEX, EMOTIONS, F32
from vasa_avatar.motion import HumanDynamics
from vasa_avatar.motion.dynamics import Attention, DynamicsFrame, DynamicsGains
from vasa_avatar.motion.dynamics.listening import Listening, Response
from vasa_avatar.motion.dynamics.temper import Temper

FPS = 25
RATE = 16_000
LOWS_S = np.arange(5.0, 58.0, 3.5)
"""where the user's pitch falls for 300 ms"""


def user(length_s: float = 60.0) -> F32:
    """Speech with stretches of low pitch, a short pause behind each."""
    t = np.arange(int(length_s * RATE)) / RATE
    f0 = 150 + 10 * np.abs(np.sin(2 * np.pi * 1.5 * t))
    level = np.ones(len(t))
    for low_s in LOWS_S:
        is_low = (t >= low_s) & (t < low_s + 0.3)
        f0 = np.where(is_low, 115.0, f0)
        level = np.where((t >= low_s + 0.3) & (t < low_s + 0.75), 0.0, level)
    return tone_of_voice(f0, level * (0.7 + 0.3 * np.sin(2 * np.pi * 4 * t)))


def responses(pcm: F32, seed: int = 0) -> list[tuple[float, Response]]:
    listening = Listening(np.random.default_rng(seed))
    found = []
    for n in range(len(pcm) * FPS // RATE):
        listening.push(pcm[n * RATE // FPS : (n + 1) * RATE // FPS])
        found += [(n / FPS, each) for each in listening.step(n / FPS, 1 / FPS)]
    return found


def test_responses_come_700_ms_after_low_pitch() -> None:
    times = np.array([time_s for time_s, _ in responses(user())])
    assert len(times) >= 0.5 * len(LOWS_S)
    after = np.array([(time_s - LOWS_S[LOWS_S < time_s]).min() for time_s in times])
    assert (np.abs(after - 0.85) < 0.15).mean() > 0.9
    assert np.diff(times).min() >= 0.8


def test_silence_and_an_even_voice_are_not_answered() -> None:
    assert responses(np.zeros(20 * RATE, np.float32)) == []
    t = np.arange(20 * RATE) / RATE
    rising = tone_of_voice(120 + 2.0 * t, np.ones(len(t)))
    assert responses(rising) == []


def test_listeners_do_more_than_nod() -> None:
    kinds = {kind for seed in range(6) for _, kind in responses(user(), seed)}
    assert {Response.NOD, Response.NODS, Response.SMILE, Response.BROWS} <= kinds


def _listen(attention: Attention, pcm: F32) -> list[DynamicsFrame]:
    stream = HumanDynamics(Temper()).stream(FPS, 160, seed=3)
    stream.attend(attention)
    frames = []
    for n in range(len(pcm) * FPS // RATE):
        stream.hear(pcm[n * RATE // FPS : (n + 1) * RATE // FPS])
        frames.append(stream.step(None, DynamicsGains()))
    return frames


def _pitch(frames: list[DynamicsFrame]) -> F32:
    return np.rad2deg(np.array([frame.head_rotation_rad[0] for frame in frames]))


def test_a_listening_face_nods_and_an_idle_one_does_not() -> None:
    heard, silence = user(), np.zeros(60 * RATE, np.float32)
    nods = np.abs(_pitch(_listen(Attention.LISTENING, heard)) - _pitch(
        _listen(Attention.LISTENING, silence)))  # fmt: skip
    assert nods.max() > 2.0
    idle = _listen(Attention.IDLE, heard), _listen(Attention.IDLE, silence)
    np.testing.assert_array_equal(*(_pitch(frames) for frames in idle))


def test_a_laughing_user_is_smiled_at() -> None:
    t = np.arange(4 * RATE) / RATE
    beat = ((t - 1.0) % 0.2 < 0.09) & (t > 1.0) & (t < 2.4)
    breath = 0.004 * np.random.default_rng(1).standard_normal(len(t)) * ((t > 1.0) & (t < 2.4))
    laugh = tone_of_voice(np.full(len(t), 260.0), beat.astype(float)) + breath
    frames = _listen(Attention.LISTENING, laugh.astype(np.float32))
    happy = np.array([frame.mood[EMOTIONS.index("happy")] for frame in frames])
    assert happy.max() > 0.5
    assert happy[: FPS].max() == 0.0  # fmt: skip


def test_thinking_looks_aside_and_stays_on_one_side() -> None:
    for seed in range(4):
        stream = HumanDynamics(Temper()).stream(FPS, 160, seed)
        stream.attend(Attention.LISTENING)
        for _ in range(2 * FPS):
            stream.step(None, DynamicsGains())
        stream.attend(Attention.THINKING)
        frames = [stream.step(None, DynamicsGains()) for _ in range(3 * FPS)]
        gaze = np.rad2deg(np.stack([frame.gaze_rad for frame in frames]))
        away = (np.abs(gaze[:, 1]) > 3.5) & (np.arange(len(gaze)) > FPS // 2)
        assert away[FPS:].mean() > 0.4
        assert len({bool(value > 0) for value in gaze[away, 1]}) == 1
        press = [frame.expression[ARKIT_INDEX["mouthPressLeft"]] for frame in frames]
        assert press[-1] > 0.05
