"""The network's stream: any split gives the same rows, stated lookahead, silence, closures."""

from __future__ import annotations

import numpy as np
import pytest

from vasa_avatar.audio.log_mel import log_mel
from vasa_avatar.datatypes import ARKIT_INDEX, F32, K
from vasa_avatar.motion.speech.base import MAX_LOOKAHEAD_SAMPLES, SPEECH_COLUMNS
from vasa_avatar.motion.speech.network import LEVEL_FLOOR, NetworkSpeech

RATE_HZ = 16_000
JAW = ARKIT_INDEX["jawOpen"]


@pytest.fixture(scope="module")
def model() -> NetworkSpeech:
    return NetworkSpeech()


@pytest.fixture(scope="module")
def speech() -> F32:
    """Some four seconds of real synthetic speech: bilabials, vowels, a pause."""
    import soxr
    from hibari import Hibari

    tts = Hibari()
    parts = [tts("Papa bought a map. ", seed=1), tts("My mother may buy a big apple.", seed=2)]
    sound = np.concatenate(parts).astype(np.float32)
    return soxr.resample(sound, 24_000, RATE_HZ).astype(np.float32)


def rows_of(model: NetworkSpeech, sound: F32, lookahead_ms: int) -> F32:
    stream = model.stream(lookahead_ms)
    return np.concatenate((stream.push(sound), stream.flush()))


@pytest.mark.parametrize("lookahead_ms", [80, 160])
def test_any_split_gives_the_same_rows(
    model: NetworkSpeech, speech: F32, lookahead_ms: int
) -> None:
    whole = rows_of(model, speech, lookahead_ms)
    rng = np.random.default_rng(3)
    stream = model.stream(lookahead_ms)
    parts, at = [], 0
    while at < len(speech):
        size = int(rng.choice([0, 1, 7, 160, 333, 2000]))
        parts.append(stream.push(speech[at : at + size]))
        at += size
    parts.append(stream.flush())
    np.testing.assert_array_equal(np.concatenate(parts), whole)


@pytest.mark.parametrize("lookahead_ms", [80, 160])
def test_one_row_per_begun_hop_and_only_mouth_columns(
    model: NetworkSpeech, speech: F32, lookahead_ms: int
) -> None:
    for samples in (0, 1, 159, 160, 161, 1600, 7001):
        rows = rows_of(model, speech[8000 : 8000 + samples], lookahead_ms)
        assert rows.shape == (-(-samples // 160), K)
    rows = rows_of(model, speech, lookahead_ms)
    assert rows.dtype == np.float32
    assert rows.min() >= 0 and rows.max() <= 1
    others = [i for i in range(K) if i not in SPEECH_COLUMNS]
    assert not rows[:, others].any()


@pytest.mark.parametrize("lookahead_ms", [80, 160])
def test_rows_come_when_promised_and_never_depend_on_later_sound(
    model: NetworkSpeech, speech: F32, lookahead_ms: int
) -> None:
    stream = model.stream(lookahead_ms)
    ahead = stream.lookahead_samples
    assert ahead <= MAX_LOOKAHEAD_SAMPLES[lookahead_ms]
    cut = 20_000
    got = stream.push(speech[:cut])
    assert len(got) == (cut - ahead) // 160 + 1
    np.testing.assert_array_equal(got, rows_of(model, speech, lookahead_ms)[: len(got)])


@pytest.mark.parametrize("parts", [(1, 1), (2, 2, 2, 2), (3, 5), (1, 7), (6,), (1,) * 8])
@pytest.mark.parametrize("lookahead_ms", [80, 160])
def test_a_block_alone_or_in_any_place_gives_the_same_bits(
    model: NetworkSpeech, speech: F32, lookahead_ms: int, parts: tuple[int, ...]
) -> None:
    rows = log_mel(speech)[100 : 100 + 2 * sum(parts)]
    rng = np.random.default_rng(7)
    memory = rng.uniform(0, 1, model.memory_shape).astype(np.float32)
    state: list[F32] = [np.full(1, LEVEL_FLOOR, np.float32), memory]
    together = model.run_blocks(lookahead_ms, rows, *state)
    scores, activities = [], []
    for part in np.split(rows, 2 * np.cumsum(parts)[:-1]):
        said, moved, *state = model.run_blocks(lookahead_ms, part, *state)
        scores.append(said)
        activities.append(moved)
    np.testing.assert_array_equal(together[0], np.concatenate(scores))
    np.testing.assert_array_equal(together[1], np.concatenate(activities))
    assert np.ptp(together[1]) > 0
    for place in (0, 1):
        np.testing.assert_array_equal(together[2 + place], state[place])


def test_reset_is_a_new_stream(model: NetworkSpeech, speech: F32) -> None:
    stream = model.stream(80)
    stream.push(speech[:12_345])
    stream.reset()
    again = np.concatenate((stream.push(speech), stream.flush()))
    np.testing.assert_array_equal(again, rows_of(model, speech, 80))


def test_streams_do_not_share_state(model: NetworkSpeech, speech: F32) -> None:
    one, other = model.stream(160), model.stream(160)
    one.push(speech)
    got = np.concatenate((other.push(speech), other.flush()))
    np.testing.assert_array_equal(got, rows_of(model, speech, 160))


def test_digital_silence_is_stillness(model: NetworkSpeech, speech: F32) -> None:
    silence = np.zeros(RATE_HZ * 3, np.float32)
    speech_range = np.percentile(rows_of(model, speech, 80)[:, JAW], 95)
    assert rows_of(model, silence, 80)[:, JAW].max() < 0.05 * speech_range


def test_speech_moves_the_jaw_and_quiet_speech_alike(model: NetworkSpeech, speech: F32) -> None:
    loud = rows_of(model, speech, 160)[:, JAW]
    quiet = rows_of(model, speech * np.float32(0.04), 160)[:, JAW]
    assert loud.max() > 0.15
    assert np.corrcoef(loud, quiet)[0, 1] > 0.97


def test_refuses_another_lookahead(model: NetworkSpeech) -> None:
    with pytest.raises(ValueError, match="lookahead_ms is 100"):
        model.stream(100)
