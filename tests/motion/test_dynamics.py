"""Dynamics in human measure: blinks, gaze, head, brows, breath; prosody; seeds and smoothness."""

from __future__ import annotations

import numpy as np
import pytest
from sounds import speech_like

from vasa_avatar.audio import resample
from vasa_avatar.datatypes import ARKIT_INDEX, F32
from vasa_avatar.motion import HumanDynamics
from vasa_avatar.motion.dynamics.base import Attention, DynamicsFrame, DynamicsGains
from vasa_avatar.motion.dynamics.prosody import ProsodyRow, ProsodyStream
from vasa_avatar.motion.dynamics.temper import Temper

BLINK = ARKIT_INDEX["eyeBlinkLeft"]
BROW = ARKIT_INDEX["browInnerUp"]
FPS = 25


def _speak(seconds: float, seed: int = 0, fps: int = FPS, head: float = 1.0) -> list[DynamicsFrame]:
    """Dynamics under sound that is like speech."""
    stream = HumanDynamics(Temper()).stream(fps, 160, seed)
    piece = resample(speech_like(20.0, 16_000, seed=seed), 16_000)
    frames = []
    for _ in range(round(seconds / 20.0)):
        stream.begin()
        stream.push(piece)
        stream.flush()
        gains = DynamicsGains(head=head)
        frames += [stream.step((n + 0.5) / fps, gains) for n in range(20 * fps)]
    return frames


def _rest(seconds: float, attention: Attention = Attention.IDLE, seed: int = 0, **gains: float):  # type: ignore[no-untyped-def]
    stream = HumanDynamics(Temper()).stream(FPS, 160, seed)
    stream.attend(attention)
    return [stream.step(None, DynamicsGains(**gains)) for _ in range(round(seconds * FPS))]


def _lids(frames: list[DynamicsFrame]) -> F32:
    return np.array([frame.expression[BLINK] for frame in frames])


def _head(frames: list[DynamicsFrame]) -> F32:
    return np.rad2deg(np.stack([frame.head_rotation_rad for frame in frames]))


def _gaze(frames: list[DynamicsFrame]) -> F32:
    return np.rad2deg(np.stack([frame.gaze_rad for frame in frames]))


def _starts(lids: F32) -> F32:
    return np.flatnonzero((lids[1:] > 0) & (lids[:-1] == 0))


@pytest.fixture(scope="module")
def speech() -> list[DynamicsFrame]:
    """Ten minutes of speech."""
    return _speak(600.0)


@pytest.fixture(scope="module")
def rest() -> list[DynamicsFrame]:
    """Ten minutes of rest."""
    return _rest(600.0)


def test_blinks_come_at_human_rates(speech: list[DynamicsFrame], rest: list[DynamicsFrame]) -> None:
    assert 20 <= len(_starts(_lids(speech))) / 10 <= 32
    assert 13 <= len(_starts(_lids(rest))) / 10 <= 21


def test_pauses_between_blinks_vary_as_log_normal_ones_do(rest: list[DynamicsFrame]) -> None:
    pauses = np.diff(_starts(_lids(rest))) / FPS
    assert 0.4 < np.log(pauses).std() < 0.75
    assert np.median(pauses) < pauses.mean()
    assert pauses.min() > 0.4


def test_lids_close_fast_and_open_slowly() -> None:
    fps = 200
    stream = HumanDynamics(Temper()).stream(fps, 160, 3)
    lids = _lids([stream.step(None, DynamicsGains()) for _ in range(60 * fps)])
    closing, opening = [], []
    for start in _starts(lids):
        blink = lids[start + 1 : start + 1 + fps // 2]
        if len(blink) < fps // 2:
            continue
        peak = blink.max()
        at_peak = np.flatnonzero(blink >= peak)
        closing.append(at_peak[0] / fps)
        opening.append((np.flatnonzero(blink > 0)[-1] - at_peak[-1]) / fps)
        assert peak > 0.55
    assert len(closing) > 8
    assert 0.07 <= np.mean(closing) <= 0.11
    assert 0.13 <= np.mean(opening) <= 0.26


def test_no_blinks_at_gain_zero_and_more_at_two() -> None:
    assert not _lids(_rest(60.0, blinks=0.0)).any()
    assert len(_starts(_lids(_rest(120.0, blinks=2.0)))) > 1.4 * len(_starts(_lids(_rest(120.0))))


def test_speakers_look_away_more_than_listeners(speech: list[DynamicsFrame]) -> None:
    def direct(frames: list[DynamicsFrame]) -> float:
        return float((np.abs(_gaze(frames)).max(axis=1) < 2.8).mean())

    assert 0.45 < direct(speech) < 0.68, "people look away for some 41 % (Dembinsky et al. 2024)"
    assert 0.90 < direct(_rest(600.0, Attention.LISTENING)) < 0.97
    assert direct(_rest(300.0, Attention.THINKING)) < 0.4


def test_the_eyes_jump_and_rest(speech: list[DynamicsFrame]) -> None:
    speed = np.abs(np.diff(_gaze(speech), axis=0)).max(axis=1) * FPS
    assert (speed < 2).mean() > 0.8, "between saccades the eyes stand still"
    assert speed.max() < 700
    assert np.abs(_gaze(speech)).max() < 20


def test_the_head_moves_as_much_as_a_speaker_does(speech: list[DynamicsFrame]) -> None:
    pitch, yaw, roll = _head(speech).std(axis=0)
    assert 2.8 <= pitch <= 4.5 and 3.0 <= yaw <= 5.5 and 1.5 <= roll <= 3.2
    change = np.linalg.norm(np.diff(_head(speech), axis=0), axis=1).mean()
    assert 0.35 <= change <= 0.7
    assert np.abs(_head(speech)).max() < 14.01


def test_the_head_is_smooth(speech: list[DynamicsFrame]) -> None:
    velocity = np.diff(_head(speech), axis=0) * FPS
    assert np.abs(velocity).max() < 110
    power = np.abs(np.fft.rfft(velocity[:, 0] - velocity[:, 0].mean())) ** 2
    hz = np.fft.rfftfreq(len(velocity), 1 / FPS)
    assert power[hz > 8].sum() < 0.03 * power.sum(), "jitter"
    assert power[hz > 1].sum() > 0.3 * power.sum(), "no quick movements"


def test_the_head_does_not_bob_in_a_beat(speech: list[DynamicsFrame]) -> None:
    for axis in range(3):
        angle = _head(speech)[:, axis] - _head(speech)[:, axis].mean()
        spectrum = np.abs(np.fft.rfft(angle, 2 * len(angle))) ** 2
        correlation = np.fft.irfft(spectrum)[: len(angle)]
        correlation = correlation[: 8 * FPS] / correlation[0]
        rebound = correlation - np.minimum.accumulate(correlation)
        assert rebound.max() < 0.3, "the movement repeats itself (a beat has 1 to 2)"


def test_at_rest_the_head_lives_but_calmly(
    speech: list[DynamicsFrame], rest: list[DynamicsFrame]
) -> None:
    calm = np.abs(np.diff(_head(rest), axis=0)).mean()
    lively = np.abs(np.diff(_head(speech), axis=0)).mean()
    assert 0.08 < calm / lively < 0.45
    assert (_head(rest).std(axis=0) > 0.3).all()


def test_nods_fall_on_syllables_that_stand_out() -> None:
    """Loud words in a quiet voice: the head moves downward there more than elsewhere."""
    rng = np.random.default_rng(2)
    t = np.arange(40 * 16_000) / 16_000
    loud_at = np.cumsum(rng.uniform(1.2, 2.2, 22)) + 0.5
    weight = 0.08 + sum(np.exp(-0.5 * ((t - at - 0.08) / 0.07) ** 2) for at in loud_at)
    voice = sum(np.sin(2 * np.pi * 140 * h * t) / h for h in range(1, 12))
    pcm = (0.1 * weight * voice).astype(np.float32)
    pitch = np.zeros(40 * FPS)
    for seed in range(6):
        stream = HumanDynamics(Temper()).stream(FPS, 160, seed)
        stream.push(pcm)
        stream.flush()
        frames = [stream.step((n + 0.5) / FPS, DynamicsGains()) for n in range(40 * FPS)]
        pitch += _head(frames)[:, 0] / 6
    lag = np.arange(-10, 20)
    around = np.stack([pitch[int(at * FPS) + lag] for at in loud_at if at < 38.5]).mean(axis=0)
    deepest_s = lag[around.argmin()] / FPS
    assert around.max() - around.min() > 0.7
    assert -0.02 <= deepest_s <= 0.2, "the nod should be deepest near the syllable's middle (.08 s)"


def test_brows_rise_now_and_then(speech: list[DynamicsFrame]) -> None:
    brow = np.array([frame.expression[BROW] for frame in speech])
    assert 0.05 < (brow > 0.15).mean() < 0.4
    assert brow.max() < 0.9


def test_breath_is_slow_and_in_range(rest: list[DynamicsFrame]) -> None:
    breath = np.array([frame.breath for frame in rest])
    assert breath.min() >= 0 and breath.max() <= 1 and breath.std() > 0.15
    rising = np.flatnonzero((breath[1:] > 0.4) & (breath[:-1] <= 0.4))
    assert 10 <= len(rising) / 10 <= 18, "breaths a minute"


def test_seeds_and_gains() -> None:
    same, again, other = _speak(20.0, 4), _speak(20.0, 4), _speak(20.0, 5)
    np.testing.assert_array_equal(_head(same), _head(again))
    assert np.abs(_head(same) - _head(other)).mean() > 1
    np.testing.assert_allclose(_head(_speak(20.0, 4, head=0.0)), 0.0)
    np.testing.assert_allclose(_head(_speak(20.0, 4, head=0.5)), 0.5 * _head(same), atol=1e-5)


@pytest.mark.parametrize("lookahead_ms", [80, 160])
def test_how_sound_is_cut_does_not_matter(lookahead_ms: int) -> None:
    pcm = speech_like(6.0, 16_000).astype(np.float32) / np.float32(32768)
    whole = HumanDynamics(Temper()).stream(25, lookahead_ms, 1)
    whole.push(pcm)
    whole.flush()
    expected = [whole.step((n + 0.5) / 25, DynamicsGains()) for n in range(150)]
    stream = HumanDynamics(Temper()).stream(25, lookahead_ms, 1)
    frames = []
    ahead = {80: 736, 160: 2016}[lookahead_ms]
    heard = 0
    for n in range(150):
        until = min(len(pcm), (4 * n + 3) * 160 + ahead)
        stream.push(pcm[heard:until])
        heard = until
        if until == len(pcm):
            stream.flush()
        frames.append(stream.step((n + 0.5) / 25, DynamicsGains()))
    np.testing.assert_array_equal(_head(frames), _head(expected))
    np.testing.assert_array_equal(_gaze(frames), _gaze(expected))


def _prosody(pcm: F32) -> list[ProsodyRow]:
    stream = ProsodyStream()
    return [*stream.push(pcm), *stream.flush()]


def test_prosody_hears_phrases_pitch_and_stress() -> None:
    t = np.arange(32_000) / 16_000
    f0 = np.where(t < 1.0, 120, 120 * 2 ** (4 / 12))
    tone = np.sin(2 * np.pi * np.cumsum(f0) / 16_000)
    tone += 0.5 * np.sin(4 * np.pi * np.cumsum(f0) / 16_000)
    is_on = ((t > 0.3) & (t < 0.9)) | ((t > 1.3) & (t < 1.8))
    rows = _prosody((0.2 * tone * is_on).astype(np.float32))
    starts = [n for n, row in enumerate(rows) if row.starts_phrase]
    ends = [n for n, row in enumerate(rows) if row.ends_phrase]
    assert len(starts) == 2 and len(ends) == 1
    assert abs(starts[0] - 30) < 6 and abs(starts[1] - 130) < 6
    assert 105 < ends[0] < 120
    assert rows[170].pitch_st - rows[80].pitch_st > 1.5
    stressed = [n for n, row in enumerate(rows) if row.stress > 0]
    assert any(abs(n - 32) < 6 for n in stressed) and any(abs(n - 132) < 6 for n in stressed)
    assert all(row.loudness < 0.05 for row in rows[100:125])


def test_the_body_sways_a_little_and_smoothly(
    speech: list[DynamicsFrame], rest: list[DynamicsFrame]
) -> None:
    for frames, low, high in ((speech, 0.02, 0.05), (rest, 0.005, 0.025)):
        shift = np.stack([frame.head_translation for frame in frames])
        assert low < shift[:, 0].std() < high
        assert np.abs(shift).max() < 0.16
        assert np.abs(np.diff(shift, axis=0)).max() < 0.02


def test_a_mood_sets_the_pace_of_the_breath() -> None:
    def breaths(tempo: float) -> int:
        stream = HumanDynamics().stream(FPS, 160, 3)
        gains = DynamicsGains(breath_tempo=tempo)
        breath = np.array([stream.step(None, gains).breath for _ in range(60 * FPS)])
        return int(((breath[1:] > 0.4) & (breath[:-1] <= 0.4)).sum())

    assert breaths(1.5) > 1.3 * breaths(1.0) > 1.3 * breaths(0.75)
