"""What the user says reaches the face while it listens, and only then."""

from __future__ import annotations

import numpy as np
from pipecat.frames.frames import InputAudioRawFrame
from pipecat_vasa.steering.mind import Mind, heard_sound
from pipecat_vasa.steering.settings import profile_settings

from vasa_avatar.datatypes import I16


def _mind() -> Mind:
    return Mind(profile_settings(None), seed=1)


def _frame(samples: I16, channels: int = 1) -> InputAudioRawFrame:
    return InputAudioRawFrame(samples.tobytes(), 16_000, channels)


def test_of_several_channels_the_first_is_heard() -> None:
    stereo = np.stack([np.arange(5), -np.arange(5)], axis=1).astype(np.int16)
    np.testing.assert_array_equal(heard_sound(_frame(stereo, 2)).pcm_i16, np.arange(5))


def test_the_user_is_heard_while_the_face_listens() -> None:
    mind, piece = _mind(), heard_sound(_frame(np.ones(320, np.int16)))
    mind.hear(piece)
    assert mind.next_mood(0.0).heard == ()
    mind.user_started(0.1)
    mind.hear(piece)
    mind.hear(piece)
    assert mind.next_mood(0.2).heard == (piece, piece)
    assert mind.next_mood(0.3).heard == ()
    mind.user_stopped(0.4)
    mind.hear(piece)
    assert mind.next_mood(0.5).heard == ()


def test_a_face_that_hears_is_not_told_to_nod_by_chance() -> None:
    deaf, hearing = _mind(), _mind()
    piece = heard_sound(_frame(np.ones(320, np.int16)))
    nods = {mind: 0 for mind in (deaf, hearing)}
    for mind in nods:
        mind.user_started(0.0)
        for n in range(1000):
            if mind is hearing:
                mind.hear(piece)
            mind.user_goes_on(n / 50)
            nods[mind] += mind.next_mood(n / 50).nod > 0
    assert nods[deaf] >= 3
    assert nods[hearing] == 0


def test_a_face_that_is_not_drawn_keeps_a_second_of_sound_at_most() -> None:
    mind, piece = _mind(), heard_sound(_frame(np.ones(320, np.int16)))
    mind.user_started(0.0)
    for _ in range(10_000):
        mind.hear(piece)
    assert len(mind.next_mood(1.0).heard) <= 50
