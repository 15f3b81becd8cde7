"""The stream: sample-exact frames, chunking, lookahead, idle, interrupt, controls, seeds."""

from __future__ import annotations

import numpy as np
import pytest
from painter import MotionPainter
from sounds import speech_like

from vasa_avatar.datatypes import ARKIT_INDEX, AvatarFrame, Controls, Emotion, TimedWord
from vasa_avatar.errors import AudioError
from vasa_avatar.motion import Attention
from vasa_avatar.motion.speech import SpectralSpeech
from vasa_avatar.session import LOOKAHEAD_MS, AvatarStream
from vasa_avatar.units import FrameClock, ms_to_samples

JAW = ARKIT_INDEX["jawOpen"]
ODD_RATES = [(22_050, 30), (44_100, 60), (24_000, 25), (16_000, 40), (11_025, 50)]


def _session(rate: int = 24_000, fps: int = 25, **options: object) -> AvatarStream:
    options.setdefault("renderer", MotionPainter())
    options.setdefault("speech", SpectralSpeech())
    return AvatarStream(None, rate, fps, **options)  # type: ignore[arg-type]


def _numbers(frames: list[AvatarFrame]) -> np.ndarray:
    return np.stack(
        [
            np.concatenate(
                (
                    f.motion.expression,
                    f.motion.head.rotation_rad,
                    f.motion.head.translation,
                    f.motion.gaze_rad,
                    [f.motion.breath],
                )
            )
            for f in frames
        ]
    )


@pytest.mark.parametrize(("rate", "fps"), ODD_RATES)
def test_any_split_gives_the_same_frames_and_every_sample_once(rate: int, fps: int) -> None:
    pcm = speech_like(2.3, rate)
    whole = _session(rate, fps, seed=5)
    whole.push(pcm)
    whole.flush()
    expected = list(whole.pull())
    assert len(expected) == FrameClock(rate, fps).frames_for(len(pcm))
    pieces = _session(rate, fps, seed=5)
    rng = np.random.default_rng(rate)
    frames, at = [], 0
    while at < len(pcm):
        n = int(rng.integers(0, 1500))
        pieces.push(pcm[at : at + n])
        frames += list(pieces.pull())
        at += n
    pieces.flush()
    frames += list(pieces.pull())
    np.testing.assert_array_equal(_numbers(frames), _numbers(expected))
    np.testing.assert_array_equal(np.concatenate([f.audio for f in frames]), pcm)
    clock = FrameClock(rate, fps)
    assert [len(f.audio) for f in frames[:-1]] == [
        clock.samples_in(n) for n in range(len(frames) - 1)
    ]


@pytest.mark.parametrize("realtime", [True, False])
@pytest.mark.parametrize(("rate", "fps"), ODD_RATES)
def test_a_frame_comes_out_as_soon_as_its_lookahead_is_there(
    rate: int, fps: int, realtime: bool
) -> None:
    session = _session(rate, fps, realtime=realtime)
    lookahead_ms = LOOKAHEAD_MS[realtime]
    clock = FrameClock(rate, fps)
    pcm = speech_like(1.0, rate)
    frames = 0
    for at in range(0, len(pcm), 7):
        session.push(pcm[at : at + 7])
        frames += len(list(session.pull_motion()))
        arrived = min(at + 7, len(pcm))
        needed = clock.first_sample(frames) + ms_to_samples(lookahead_ms, rate)
        assert arrived < needed, "a frame that was ready did not come out"
        if frames:
            last = clock.first_sample(frames - 1) + ms_to_samples(lookahead_ms, rate)
            assert arrived >= last


def test_frames_do_not_depend_on_sound_beyond_their_lookahead() -> None:
    pcm = speech_like(1.5, 24_000)
    other = pcm.copy()
    cut = 20 * 960 + 3840  # what frame 20 may hear
    other[cut:] = np.random.default_rng(1).integers(-9000, 9000, len(pcm) - cut)
    runs = []
    for sound in (pcm, other):
        session = _session(seed=2)
        session.push(sound)
        session.flush()
        runs.append(_numbers(list(session.pull())))
    np.testing.assert_array_equal(runs[0][:21], runs[1][:21])
    assert (runs[0][21:] != runs[1][21:]).any()


def test_the_sound_may_be_changed_by_its_owner_after_push() -> None:
    pcm = speech_like(0.5, 24_000)
    session = _session()
    buffer = pcm.copy()
    session.push(buffer)
    buffer[:] = 0
    session.flush()
    np.testing.assert_array_equal(np.concatenate([f.audio for f in session.pull()]), pcm)


def test_utterances_follow_one_another_without_losing_samples() -> None:
    session = _session(22_050, 30)
    first, second = speech_like(0.733, 22_050), speech_like(0.41, 22_050, seed=1)
    session.push(first)
    session.flush()
    session.push(second)
    session.flush()
    session.flush()
    frames = list(session.pull())
    clock = FrameClock(22_050, 30)
    n_first = clock.frames_for(len(first))
    assert len(frames) == n_first + clock.frames_for(len(second))
    np.testing.assert_array_equal(np.concatenate([f.audio for f in frames[:n_first]]), first)
    np.testing.assert_array_equal(np.concatenate([f.audio for f in frames[n_first:]]), second)
    assert [f.index for f in frames] == list(range(len(frames)))


def test_nothing_comes_out_of_nothing_and_flush_without_speech_is_harmless() -> None:
    session = _session()
    session.flush()
    session.push(np.zeros(0, np.int16))
    session.flush()
    assert list(session.pull()) == []
    assert not session.idle().is_speech
    assert len(session.idle().audio) == 0


def test_interrupt_drops_the_sound_and_closes_the_mouth_smoothly() -> None:
    session = _session(seed=4)
    session.push(speech_like(3.0, 24_000))
    frames = []
    for frame in session.pull():
        frames.append(frame)
        if len(frames) > 10 and frame.motion.expression[JAW] > 0.15:
            break
    open_jaw = frames[-1].motion.expression[JAW]
    session.interrupt()
    assert list(session.pull()) == []
    rest = [session.idle() for _ in range(6)]
    jaws = [float(f.motion.expression[JAW]) for f in rest]
    assert rest[0].index == 0
    assert 0 < jaws[0] < open_jaw, "the mouth must neither snap shut nor stay open"
    assert jaws == sorted(jaws, reverse=True)
    assert jaws[3] < 0.01
    pose = np.stack([f.motion.head.rotation_rad for f in [*frames[-3:], *rest]])
    assert np.rad2deg(np.abs(np.diff(pose, axis=0))).max() < 2.5, "the head jumped"


def test_after_an_interrupt_speech_starts_clean() -> None:
    session = _session()
    session.push(speech_like(1.0, 24_000))
    for _ in session.pull():
        break
    session.interrupt()
    pcm = speech_like(0.5, 24_000, seed=9)
    session.push(pcm)
    session.flush()
    np.testing.assert_array_equal(np.concatenate([f.audio for f in session.pull()]), pcm)


def test_a_gap_in_the_sound_is_bridged_without_a_jump() -> None:
    session = _session(seed=6)
    pcm = speech_like(1.2, 24_000)
    session.push(pcm[:14_000])
    frames = list(session.pull())
    frames += [session.idle() for _ in range(10)]
    session.push(pcm[14_000:])
    session.flush()
    frames += list(session.pull())
    np.testing.assert_array_equal(np.concatenate([f.audio for f in frames]), pcm)
    is_speech = np.array([f.is_speech for f in frames])
    assert not is_speech.all()
    jaw = np.array([f.motion.expression[JAW] for f in frames])
    seams = np.flatnonzero(np.diff(is_speech.astype(int)))
    assert np.abs(np.diff(jaw))[seams].max() < 0.3


def test_the_seed_decides_all_chance() -> None:
    def run(seed: int) -> np.ndarray:
        session = _session(seed=seed)
        session.push(speech_like(1.0, 24_000))
        session.flush()
        return _numbers([*session.pull(), *(session.idle() for _ in range(50))])

    np.testing.assert_array_equal(run(1), run(1))
    assert (run(1) != run(2)).any()


def test_controls_are_reached_over_time_and_not_at_once() -> None:
    session = _session(seed=1, controls=Controls(head_gain=0.0, brow_gain=0.0, blink_gain=0.0))
    session.idle()
    session.set_controls(
        Controls(
            emotions=(Emotion("happy", 1.0),),
            head_yaw_rad=0.2,
            head_distance=1.3,
            head_gain=0.0,
            brow_gain=0.0,
            blink_gain=0.0,
        )
    )
    frames = [session.idle() for _ in range(40)]
    smile = np.array([f.motion.expression[ARKIT_INDEX["mouthSmileLeft"]] for f in frames])
    yaw = np.array([f.motion.head.rotation_rad[1] for f in frames])
    distance = np.array([f.motion.head.translation[2] for f in frames])
    assert smile[0] < 0.2 < 0.6 < smile[11]
    assert np.diff(smile[:12]).max() < 0.3
    assert abs(yaw[-1] - 0.2) < 0.002
    assert abs(distance[-1] - 0.3) < 0.002


def test_listening_and_thinking_look_different() -> None:
    def gaze_pitch(attention: Attention) -> float:
        session = _session(seed=3)
        session.attend(attention)
        return float(np.mean([session.idle().motion.gaze_rad[0] for _ in range(1500)]))

    assert gaze_pitch(Attention.THINKING) > gaze_pitch(Attention.LISTENING) + np.deg2rad(2)


def test_a_listener_nods() -> None:
    session, still = _session(seed=3), _session(seed=3)
    session.nod(0.8)
    nodding = np.array([session.idle().motion.head.rotation_rad[0] for _ in range(30)])
    calm = np.array([still.idle().motion.head.rotation_rad[0] for _ in range(30)])
    assert np.rad2deg((nodding - calm).min()) < -3
    assert np.rad2deg(abs(nodding[-1] - calm[-1])) < 0.1
    with pytest.raises(ValueError, match=r"strength of the nod is 2; expected 0 to 1"):
        session.nod(2)


def test_unusable_input_is_refused() -> None:
    session = _session()
    with pytest.raises(AudioError, match=r"float32 of shape \(3,\); expected int16"):
        session.push(np.zeros(3, np.float32))  # type: ignore[arg-type]
    with pytest.raises(AudioError, match="sound is list; expected int16"):
        session.push([1, 2])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="fps is 24"):
        _session(fps=24)
    with pytest.raises(ValueError, match="avatar is None"):
        AvatarStream(None, 24_000, speech=SpectralSpeech())


def test_words_move_the_head_and_their_absence_changes_nothing() -> None:
    sound = speech_like(3.0, 24_000)
    silent, told = _session(seed=4), _session(seed=4)
    for session in (silent, told):
        session.push(sound)
    told.push_words([TimedWord("No,", 0.5, 0.8), TimedWord("never.", 0.9, 1.3)])
    frames = []
    for session in (silent, told):
        session.flush()
        frames.append(list(session.pull()))
    yaw = [np.array([f.motion.head.rotation_rad[1] for f in taken]) for taken in frames]
    assert np.abs(yaw[0] - yaw[1])[int(0.3 * 25) : int(1.2 * 25)].max() > np.deg2rad(2.0)
    np.testing.assert_array_equal(yaw[0][:6], yaw[1][:6])


def test_words_before_their_sound_belong_to_the_coming_utterance() -> None:
    sound = speech_like(1.0, 24_000)
    early, late = _session(seed=4), _session(seed=4)
    words = [TimedWord("Yes.", 0.4, 0.7)]
    early.push_words(words)
    early.push(sound)
    late.push(sound)
    late.push_words(words)
    for session in (early, late):
        session.flush()
    np.testing.assert_array_equal(_numbers(list(early.pull())), _numbers(list(late.pull())))


def test_words_that_come_too_late_hold_nothing_up() -> None:
    session = _session(seed=4)
    session.push(speech_like(2.0, 24_000))
    n_frames = len(list(session.pull()))
    session.push_words([TimedWord("No.", 0.1, 0.3)])
    session.flush()
    assert n_frames + len(list(session.pull())) == 50
