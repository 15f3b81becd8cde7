"""Sound lies where its time stamps say: late starts and gaps are silence, the run-in is cut."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from timed_films import Track, click_times_s, clicks, write_timed

from vasa_avatar.appearance.tracking.film import open_film
from vasa_avatar.media import read_audio

KINDS = [
    ("mp4", "aac", 48_000),
    ("mov", "pcm_s16le", 44_100),
    ("webm", "libopus", 48_000),
    ("mkv", "aac", 44_100),
    ("mkv", "pcm_s16le", 48_000),
    ("mkv", "libmp3lame", 44_100),
    ("ts", "aac", 48_000),
]
STAMP_S = {"mkv": 0.0012, "webm": 0.0012, "mp4": 0.0012, "mov": 0.0012, "ts": 0.0001}
"""what the containers' clocks can tell"""


@pytest.mark.parametrize(("ending", "codec", "rate_hz"), KINDS)
@pytest.mark.parametrize("late_s", [0.56, 1.234])
def test_sound_that_starts_later_than_the_picture_stays_late(
    tmp_path: Path, ending: str, codec: str, rate_hz: int, late_s: float
) -> None:
    track = Track(codec, rate_hz, [(late_s, clicks(1.0, rate_hz))])
    path = write_timed(tmp_path / f"late.{ending}", [track], picture_at_s=0.0)
    sound = read_audio(path)
    heard_s = click_times_s(sound.pcm_i16, sound.sample_rate_hz)
    alone_s = click_times_s(clicks(1.0, rate_hz), rate_hz)
    assert np.allclose(heard_s, [late_s + at for at in alone_s], atol=STAMP_S[ending] + 0.0005)
    assert not np.abs(sound.pcm_i16[: int((late_s - 0.03) * rate_hz)]).any()


@pytest.mark.parametrize(
    ("ending", "codec", "rate_hz"), [kind for kind in KINDS if kind[0] != "mov"]
)
def test_a_gap_is_silence_of_its_length(
    tmp_path: Path, ending: str, codec: str, rate_hz: int
) -> None:
    block_s = 0.96  # a whole number of Opus frames
    pieces = [(0.0, clicks(block_s, rate_hz)), (block_s + 0.5, clicks(block_s, rate_hz))]
    path = write_timed(tmp_path / f"gap.{ending}", [Track(codec, rate_hz, pieces)], 0.0)
    sound = read_audio(path)
    heard_s = click_times_s(sound.pcm_i16, sound.sample_rate_hz)
    at = click_times_s(clicks(block_s, rate_hz), rate_hz)
    run_in_s = heard_s[0] - at[0]  # of coders in a transport stream, which cannot tell it
    assert abs(run_in_s) < (0.022 if ending == "ts" else 0.001)
    due_s = [run_in_s + time for time in at] + [run_in_s + block_s + 0.5 + time for time in at]
    assert np.allclose(heard_s, due_s, atol=0.0025)


def test_pcm_in_matroska_is_bit_for_bit_around_its_gap(tmp_path: Path) -> None:
    pcm = np.random.default_rng(3).integers(-9000, 9000, 20_480).astype(np.int16)
    pieces = [(0.0, pcm[:10_240]), (1.5, pcm[10_240:])]
    path = write_timed(tmp_path / "a.mka", [Track("pcm_s16le", 16_000, pieces)])
    sound = read_audio(path)
    assert len(sound.pcm_i16) == 24_000 + 10_240
    assert np.array_equal(sound.pcm_i16[:10_240], pcm[:10_240])
    assert not sound.pcm_i16[10_240:24_000].any()
    assert np.array_equal(sound.pcm_i16[24_000:], pcm[10_240:])


@pytest.mark.parametrize(("ending", "codec", "rate_hz"), KINDS)
def test_sound_without_gaps_is_not_touched(
    tmp_path: Path, ending: str, codec: str, rate_hz: int
) -> None:
    """Matroska's stamps are rounded to milliseconds; nothing may be put in or cut for that."""
    pcm = clicks(6.0, rate_hz)
    path = write_timed(tmp_path / f"a.{ending}", [Track(codec, rate_hz, [(0.0, pcm)])], 0.0)
    sound = read_audio(path)
    with av.open(str(path)) as container:
        decoded = sum(frame.samples for frame in container.decode(audio=0))
    assert decoded - 1152 <= len(sound.pcm_i16) <= decoded  # a coder's block before the start
    gaps = np.diff(click_times_s(sound.pcm_i16, rate_hz))
    assert np.allclose(gaps, 0.25, atol=0.0003)


def test_a_film_whose_picture_comes_later_keeps_its_sound_and_waits(tmp_path: Path) -> None:
    track = Track("pcm_s16le", 48_000, [(0.0, clicks(1.5, 48_000))])
    path = write_timed(tmp_path / "a.mkv", [track], picture_at_s=0.4, n_pictures=20)
    assert read_audio(path).duration_s == pytest.approx(1.5, abs=0.001)
    levels = [int(frame.mean()) for frame in open_film(path).frames()]
    assert len(levels) == 30
    assert max(levels[:11]) - min(levels[:11]) <= 1
    assert levels[12] > levels[10] + 4


def test_both_start_late_and_neither_waits(tmp_path: Path) -> None:
    track = Track("pcm_s16le", 48_000, [(5.2, clicks(1.0, 48_000))])
    path = write_timed(tmp_path / "a.mkv", [track], picture_at_s=5.0, n_pictures=30)
    sound = read_audio(path)
    assert click_times_s(sound.pcm_i16, 48_000)[0] == pytest.approx(0.2 + 0.1255, abs=0.001)
    assert len(list(open_film(path).frames())) == 30


def test_the_track_marked_as_default_is_heard(tmp_path: Path) -> None:
    quiet = Track("aac", 48_000, [(0.0, clicks(0.5, 48_000, 3000))], is_default=False)
    loud = Track("aac", 48_000, [(0.0, clicks(0.5, 48_000, 24_000))], is_default=True)
    path = write_timed(tmp_path / "a.mkv", [quiet, loud], picture_at_s=0.0)
    assert np.abs(read_audio(path).pcm_i16).max() > 15_000
    path = write_timed(tmp_path / "b.mkv", [loud, quiet], picture_at_s=0.0)
    assert np.abs(read_audio(path).pcm_i16).max() > 15_000


def test_a_damaged_piece_is_silence_and_what_follows_keeps_its_time(tmp_path: Path) -> None:
    pcm = clicks(4.0, 48_000)
    path = write_timed(tmp_path / "a.mkv", [Track("flac", 48_000, [(0.0, pcm)])], 0.0)
    whole = click_times_s(read_audio(path).pcm_i16, 48_000)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 300] = bytes(300)
    path.write_bytes(bytes(data))
    heard = click_times_s(read_audio(path).pcm_i16, 48_000)
    assert heard[-1] == pytest.approx(whole[-1], abs=0.002)


def test_a_clock_that_is_set_back_loses_no_sound(tmp_path: Path) -> None:
    from fractions import Fraction

    from vasa_avatar.media.sample_timeline import SampleTimeline

    timeline = SampleTimeline(Fraction(0), 8_000)
    piece = np.ones(8_000, np.int16)
    placed = []
    for time_s in (0, 1, 2, 0, 1, 9_000, 9_001):  # set back by 3 s, then ahead by more than an hour
        placed += timeline.place(piece, Fraction(time_s))
    assert np.array_equal(np.concatenate(placed), np.ones(7 * 8_000))


def test_what_comes_twice_is_heard_once(tmp_path: Path) -> None:
    from fractions import Fraction

    from vasa_avatar.media.sample_timeline import SampleTimeline

    timeline = SampleTimeline(Fraction(0), 8_000)
    pcm = np.arange(16_000, dtype=np.int16)
    placed = timeline.place(pcm[:9_000], Fraction(0)) + timeline.place(pcm[8_000:], Fraction(1))
    assert np.array_equal(np.concatenate(placed), pcm)
