"""Several channels to one: dialogue keeps its level, nothing clips, two channels are averaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from timed_films import Track, write_timed

from vasa_avatar.datatypes import I16
from vasa_avatar.media import read_audio
from vasa_avatar.media.downmix import channel_gains

RATE_HZ = 48_000


def tone(level: int = 9_000, hz: float = 300.0) -> I16:
    return np.asarray(level * np.sin(2 * np.pi * hz * np.arange(RATE_HZ) / RATE_HZ), np.int16)


def read(tmp_path: Path, layout: str, channels: list[I16]) -> I16:
    track = Track("pcm_s16le", RATE_HZ, [(0.0, np.stack(channels))], layout)
    return read_audio(write_timed(tmp_path / "a.wav", [track])).pcm_i16


def level_db(pcm: I16, reference: I16) -> float:
    power = np.mean(pcm.astype(float) ** 2) / np.mean(reference.astype(float) ** 2)
    return float(10 * np.log10(max(power, 1e-12)))


@pytest.mark.parametrize(
    ("layout", "n_channels", "centre"),
    [("5.1", 6, 2), ("5.1(side)", 6, 2), ("7.1", 8, 2), ("5.0", 5, 2), ("3.0", 3, 2)],
)
def test_dialogue_in_the_centre_keeps_its_level(
    tmp_path: Path, layout: str, n_channels: int, centre: int
) -> None:
    channels = [np.zeros(RATE_HZ, np.int16) for _ in range(n_channels)]
    channels[centre] = tone()
    assert abs(level_db(read(tmp_path, layout, channels), tone())) < 0.1


def test_the_other_channels_come_in_as_the_recommendation_has_them(tmp_path: Path) -> None:
    expected_db = (-3.01, -3.01, 0.0, -120.0, -6.02, -6.02)
    for place, due_db in enumerate(expected_db):
        channels = [np.zeros(RATE_HZ, np.int16) for _ in range(6)]
        channels[place] = tone()
        heard_db = level_db(read(tmp_path, "5.1", channels), tone())
        assert heard_db == pytest.approx(due_db, abs=0.1)


def test_six_loud_channels_do_not_clip(tmp_path: Path) -> None:
    heard = read(tmp_path, "5.1", [tone(32_000)] * 6)
    assert np.abs(heard).max() > 32_000
    shape = heard / np.abs(heard).max()
    assert np.allclose(shape, tone(32_000) / 32_000, atol=0.001)


def test_two_channels_are_averaged_and_quad_too(tmp_path: Path) -> None:
    left, right = tone(), tone(9_000, 500.0)
    assert np.abs(read(tmp_path, "stereo", [left, right]) - (left / 2 + right / 2)).max() <= 0.5
    rest = np.zeros(RATE_HZ, np.int16)
    heard = read(tmp_path, "quad", [left, rest, rest, rest])
    assert level_db(heard, left) == pytest.approx(-12.04, abs=0.1)


def test_layouts_that_nobody_told_are_taken_as_usual() -> None:
    unknown = tuple(f"USR{index}" for index in range(6))
    assert np.allclose(channel_gains(unknown), channel_gains(("FL", "FR", "FC", "LFE", "BL", "BR")))
    assert np.allclose(channel_gains(("NONE",) * 5), [0.5**0.5, 0.5**0.5, 1.0, 0.5, 0.5])
    assert channel_gains(("NONE",) * 7)[2:4].tolist() == [1.0, 0.0], "centre and low end"
    assert np.allclose(channel_gains(unknown[:4]), 0.25)
    assert np.allclose(channel_gains(("FL", "FR", "LFE")), [0.5, 0.5, 0.0])
