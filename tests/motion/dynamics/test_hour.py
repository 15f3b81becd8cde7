"""An hour of talk and rest in virtual time: the mean pose stays, nothing grows and nothing dies."""

from __future__ import annotations

import numpy as np
import pytest
from sounds import speech_like

from vasa_avatar.audio import resample
from vasa_avatar.datatypes import F32
from vasa_avatar.motion.dynamics import DynamicsGains, DynamicsStream, HumanDynamics
from vasa_avatar.motion.dynamics.temper import Temper

FPS = 25
TALK_S, REST_S = 20, 10
TURNS = 120
BLOCK = 10 * 60 * FPS
"""frames of ten minutes"""


def _turn(stream: DynamicsStream, sound: F32, rows: list[F32]) -> None:
    stream.begin()
    stream.push(sound)
    stream.flush()
    gains = DynamicsGains()
    times_s: list[float | None] = [(n + 0.5) / FPS for n in range(TALK_S * FPS)]
    times_s += [None] * (REST_S * FPS)
    for time_s in times_s:
        frame = stream.step(time_s, gains)
        pose = np.rad2deg(np.concatenate((frame.head_rotation_rad, frame.gaze_rad)))
        rows.append(np.concatenate((pose, frame.head_translation, frame.expression)))


@pytest.mark.slow
def test_an_hour_does_not_move_the_mean_pose() -> None:
    stream = HumanDynamics(Temper()).stream(FPS, 160, seed=1)
    sounds = [resample(speech_like(TALK_S, 16_000, seed=n), 16_000) for n in range(4)]
    rows: list[F32] = []
    for turn in range(TURNS):
        _turn(stream, sounds[turn % len(sounds)], rows)
    blocks = np.stack(rows).reshape(-1, BLOCK, len(rows[0]))
    means, spreads = blocks.mean(axis=1), blocks.std(axis=1)
    assert np.ptp(means[:, :3], axis=0).max() < 1.2, "degrees of the head between ten minutes"
    assert np.ptp(means[:, 3:5], axis=0).max() < 1.2, "degrees of the gaze"
    assert np.ptp(means[:, 5:8], axis=0).max() < 0.015, "face widths"
    assert np.ptp(means[:, 8:], axis=0).max() < 0.03, "coefficients"
    head = spreads[:, :3]
    assert (head.max(axis=0) < 1.5 * head.min(axis=0)).all(), "as lively at the end as at first"
