"""The speech model without weights: streaming, stillness in silence, vowels, closures, levels."""

from __future__ import annotations

import numpy as np
import pytest
from sounds import speech_like, vowel

from vasa_avatar.datatypes import ARKIT_INDEX, F32
from vasa_avatar.motion.face_mix import lips_shut
from vasa_avatar.motion.speech import (
    MAX_LOOKAHEAD_SAMPLES,
    NETWORK_WEIGHTS,
    SPEECH_COLUMNS,
    SpectralSpeech,
    load_speech_model,
)

JAW = ARKIT_INDEX["jawOpen"]
PUCKER = ARKIT_INDEX["mouthPucker"]
STRETCH = ARKIT_INDEX["mouthStretchLeft"]


def _rows(pcm: F32, lookahead_ms: int = 160) -> F32:
    stream = SpectralSpeech().stream(lookahead_ms)
    return np.concatenate((stream.push(pcm), stream.flush()))


def _speech(seconds: float = 1.5) -> F32:
    return speech_like(seconds, 16_000).astype(np.float32) / np.float32(32768)


@pytest.mark.parametrize("lookahead_ms", [80, 160])
def test_any_split_gives_the_same_rows(lookahead_ms: int) -> None:
    pcm = _speech()
    stream = SpectralSpeech().stream(lookahead_ms)
    rng = np.random.default_rng(7)
    parts, at = [], 0
    while at < len(pcm):
        n = int(rng.integers(0, 1200))
        parts.append(stream.push(pcm[at : at + n]))
        at += n
    parts.append(stream.flush())
    rows = np.concatenate(parts)
    assert rows.shape == (150, 52)
    np.testing.assert_array_equal(rows, _rows(pcm, lookahead_ms))
    stream.reset()
    again = np.concatenate((stream.push(pcm), stream.flush()))
    np.testing.assert_array_equal(again, rows)


@pytest.mark.parametrize("lookahead_ms", [80, 160])
def test_rows_come_when_their_lookahead_is_there_and_not_from_later_sound(
    lookahead_ms: int,
) -> None:
    pcm = _speech()
    stream = SpectralSpeech().stream(lookahead_ms)
    ahead = stream.lookahead_samples
    assert ahead <= MAX_LOOKAHEAD_SAMPLES[lookahead_ms]
    n = 50 * 160 + ahead
    assert len(stream.push(pcm[: n - 1])) == 50
    assert len(stream.push(pcm[n - 1 : n])) == 1
    changed = pcm.copy()
    changed[n:] = 0.3
    before, after = _rows(pcm, lookahead_ms), _rows(changed, lookahead_ms)
    np.testing.assert_array_equal(before[:51], after[:51])
    assert (before[51:] != after[51:]).any()


def test_only_the_mouth_moves_and_in_range() -> None:
    rows = _rows(_speech())
    assert (rows >= 0).all() and (rows <= 1).all()
    others = np.delete(rows, SPEECH_COLUMNS, axis=1)
    assert not others.any()
    assert rows[:, JAW].max() > 0.2


def test_silence_and_a_noise_floor_are_stillness() -> None:
    rng = np.random.default_rng(4)
    assert not _rows(np.zeros(16_000, np.float32)).any()
    for level in (0.0005, 0.003, 0.01):
        hum = (level * rng.standard_normal(32_000)).astype(np.float32)
        assert _rows(hum)[60:].max() < 0.03


def test_pauses_between_words_are_still() -> None:
    rng = np.random.default_rng(4)
    pause = (0.0005 * rng.standard_normal(9_600)).astype(np.float32)
    rows = _rows(np.concatenate((_speech(1.0), pause, _speech(1.0))))
    assert rows[115:150].max() < 0.02


def test_vowels_have_their_shapes() -> None:
    ah, ee, oo = (_rows(vowel(name))[15:35].mean(axis=0) for name in ("ah", "ee", "oo"))
    assert ah[JAW] > 1.5 * ee[JAW] and ah[JAW] > 1.5 * oo[JAW]
    assert oo[PUCKER] > 0.2 and oo[PUCKER] > 3 * max(ee[PUCKER], ah[PUCKER])
    assert ee[STRETCH] > 0.12 and ee[STRETCH] > 2 * max(oo[STRETCH], ah[STRETCH])


def test_a_murmur_between_vowels_shuts_the_lips() -> None:
    rows = _rows(np.concatenate((vowel("ah", 0.3), vowel("m", 0.12), vowel("ah", 0.3))))
    murmur = rows[33:40]
    assert max(lips_shut(row) for row in murmur) > 0.8
    assert murmur[:, JAW].min() < 0.25 * rows[10:25, JAW].mean()


def test_a_hiss_shows_the_teeth_and_not_an_open_jaw() -> None:
    rng = np.random.default_rng(1)
    white = rng.standard_normal(8_000)
    hiss = (0.05 * np.diff(np.diff(white))).astype(np.float32)
    rows = _rows(np.concatenate((vowel("ah", 0.4), hiss)))
    steady = rows[55:80].mean(axis=0)
    assert steady[ARKIT_INDEX["mouthLowerDownLeft"]] > 0.1
    assert steady[JAW] < 0.12


@pytest.mark.parametrize("gain_db", [-24, -12])
def test_level_changes_little(gain_db: float) -> None:
    loud = _speech(6.0)
    quiet = loud * np.float32(10 ** (gain_db / 20))
    a, b = _rows(loud)[:, JAW], _rows(quiet)[:, JAW]
    assert np.corrcoef(a[50:], b[50:])[0, 1] > 0.95
    assert 0.8 < b[200:].mean() / a[200:].mean() < 1.2


def test_the_model_is_chosen_by_one_rule() -> None:
    assert isinstance(load_speech_model("spectral"), SpectralSpeech)
    is_spectral = isinstance(load_speech_model(), SpectralSpeech)
    assert is_spectral == (not NETWORK_WEIGHTS.is_file())
    with pytest.raises(ValueError, match="expected auto, network or spectral"):
        load_speech_model("magic")
    with pytest.raises(ValueError, match=r"lookahead_ms is 20; expected one of \[80, 160\]"):
        SpectralSpeech().stream(20)
