"""Ten minutes of speech: every sample, no drift, flat memory."""

from __future__ import annotations

import resource

import numpy as np
import pytest
from painter import MotionPainter
from sounds import speech_like

from vasa_avatar.motion.speech import SpectralSpeech
from vasa_avatar.session import AvatarStream
from vasa_avatar.units import FrameClock

RATE, FPS = 22_050, 30  # do not divide


@pytest.mark.slow
def test_ten_minutes_are_exact_in_time_and_flat_in_memory() -> None:
    session = AvatarStream(
        None, RATE, FPS, renderer=MotionPainter(), speech=SpectralSpeech(), seed=1
    )
    clock = FrameClock(RATE, FPS)
    block = speech_like(1.0, RATE)[: RATE - 17]
    n_blocks = 600
    n_frames = n_samples = 0
    peak_kib: list[int] = []
    for n in range(n_blocks):
        session.push(block)
        for frame in session.pull_motion():
            at = clock.first_sample(n_frames)
            assert n_samples == at, "the sound drifted away from the frames"
            expected = np.take(block, np.arange(at, at + len(frame.audio)), mode="wrap")
            np.testing.assert_array_equal(frame.audio, expected)
            n_frames += 1
            n_samples += len(frame.audio)
        if n in (60, n_blocks - 1):
            peak_kib.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    session.flush()
    for frame in session.pull_motion():
        n_frames += 1
        n_samples += len(frame.audio)
    assert n_samples == n_blocks * len(block)
    assert n_frames == clock.frames_for(n_samples)
    assert peak_kib[1] - peak_kib[0] < 4096, "memory after one and after ten minutes"
