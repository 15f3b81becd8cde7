"""The live runner under a clock that only moves when somebody waits or draws."""

from __future__ import annotations

import logging
import threading
import time

import numpy as np
import pytest

from tests.painter import MotionPainter
from tests.sounds import speech_like
from vasa_avatar.datatypes import ARKIT_INDEX, U8, Controls, Emotion, FaceMotion
from vasa_avatar.errors import AudioError
from vasa_avatar.motion.speech import SpectralSpeech
from vasa_avatar.session import AvatarStream, LiveFrame, SessionRunner

RATE = 24_000
SECOND = speech_like(1.0, RATE)


class FakeClock:
    """Time stands still until `sleep`."""

    def __init__(self) -> None:
        self.time_s = 100.0

    def now_s(self) -> float:
        return self.time_s

    def wait(self, condition: threading.Condition, timeout_s: float) -> None:
        raise AssertionError("turns are taken by hand in these tests")


class SlowPainter(MotionPainter):
    """Takes its time on the fake clock, and may fail."""

    def __init__(self, clock: FakeClock, cost_s: float, fails: bool = False) -> None:
        super().__init__()
        self.clock, self.cost_s, self.fails = clock, cost_s, fails

    def render(self, motion: FaceMotion, out: U8 | None = None) -> U8:
        self.clock.time_s += self.cost_s
        if self.fails:
            raise RuntimeError("no paint left")
        return super().render(motion, out)


class Stage:
    """A runner, what it handed over, and when."""

    def __init__(self, cost_s: float = 0.003, **options: object) -> None:
        self.clock = FakeClock()
        self.painter = SlowPainter(self.clock, cost_s)
        self.session = AvatarStream(
            None, RATE, renderer=self.painter, speech=SpectralSpeech(), seed=1
        )
        self.frames: list[LiveFrame] = []
        self.times_s: list[float] = []
        self.runner = SessionRunner(
            self.session,
            self._take,
            clock=self.clock,
            **options,  # type: ignore[arg-type]
        )

    def _take(self, frame: LiveFrame) -> None:
        self.frames.append(frame)
        self.times_s.append(self.clock.time_s)

    def run(self, seconds: float) -> None:
        end_s = self.clock.time_s + seconds
        while True:
            wait_s = self.runner.turn()
            if self.clock.time_s + wait_s > end_s:
                self.clock.time_s = max(end_s, self.clock.time_s)
                return
            self.clock.time_s += wait_s

    def speech(self) -> list[tuple[float, LiveFrame]]:
        both = zip(self.times_s, self.frames, strict=True)
        return [(time_s, frame) for time_s, frame in both if frame.is_speech]


def _sound(stage: Stage) -> np.ndarray:
    return np.concatenate([frame.audio for _, frame in stage.speech()])


def test_without_speech_frames_come_at_the_frame_rate() -> None:
    stage = Stage()
    stage.run(2.0)
    assert 50 <= len(stage.frames) <= 51
    np.testing.assert_allclose(np.diff(stage.times_s), 0.04, atol=1e-6)
    assert all(frame.is_new_picture for frame in stage.frames)


def test_speech_begins_at_once_and_runs_ahead_by_the_lead_only() -> None:
    stage = Stage()
    stage.run(0.5)
    pushed_s = stage.clock.time_s
    stage.runner.push(SECOND)
    stage.runner.flush()
    stage.run(1.5)
    speech = stage.speech()
    assert len(speech) == 25
    assert speech[0][0] - pushed_s < 0.01, "the first frame waited for nothing"
    for n, (time_s, _) in enumerate(speech):
        ahead_s = speech[0][0] + n * 0.04 - time_s
        assert -1e-6 <= ahead_s <= 0.12 + 1e-6
    np.testing.assert_array_equal(_sound(stage), SECOND)
    assert speech[-1][1].is_last and not speech[-2][1].is_last
    after = next(t for t, f in zip(stage.times_s, stage.frames, strict=True) if t > speech[-1][0])
    assert after - speech[0][0] == pytest.approx(1.0, abs=0.005), "idle comes when speech is over"


def test_a_slow_renderer_costs_pictures_and_no_sound() -> None:
    stage = Stage(cost_s=0.08)
    stage.runner.push(speech_like(4.0, RATE))
    stage.runner.flush()
    stage.run(5.0)
    speech = stage.speech()
    np.testing.assert_array_equal(_sound(stage), speech_like(4.0, RATE))
    start_s = speech[0][0]
    assert all(time_s <= start_s + n * 0.04 + 1e-6 for n, (time_s, _) in enumerate(speech))
    new = [frame.is_new_picture for _, frame in speech]
    assert 0.35 < np.mean(new) < 0.55
    assert max(len(run) for run in "".join("x" if n else "." for n in new).split("x")) <= 3
    assert stage.runner.stats().n_dropped == len(new) - sum(new)


def test_a_renderer_that_raises_costs_no_sample_and_warns_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stage = Stage()
    stage.run(0.2)
    good = stage.frames[-1].frame_rgb
    stage.painter.fails = True
    stage.runner.push(SECOND)
    stage.runner.flush()
    with caplog.at_level(logging.WARNING):
        stage.run(1.5)
    np.testing.assert_array_equal(_sound(stage), SECOND)
    assert all(frame.frame_rgb is good for _, frame in stage.speech())
    assert [r.message for r in caplog.records] == [
        "A frame could not be drawn, the last one is held: RuntimeError('no paint left')"
    ]
    stats = stage.runner.stats()
    assert stats.n_failed >= 25 and stats.n_speech_frames == 25
    stage.painter.fails = False
    stage.run(0.2)
    assert stage.frames[-1].is_new_picture


def test_interrupt_shows_a_frame_at_once_and_marks_what_is_stale() -> None:
    stage = Stage()
    stage.runner.push(speech_like(5.0, RATE))
    stage.run(1.0)
    assert stage.runner.stats().pending_s > 3
    n_before = len(stage.frames)
    asked_s = stage.clock.time_s
    assert stage.runner.interrupt() == 1
    assert stage.runner.stats().pending_s == 0
    stage.run(1.0)
    after = stage.frames[n_before:]
    assert {frame.generation for frame in stage.frames[:n_before]} == {0}
    assert {frame.generation for frame in after} == {1}
    assert not any(frame.is_speech for frame in after)
    assert stage.times_s[n_before] - asked_s < 0.01
    assert float(after[3].motion.expression[ARKIT_INDEX["jawOpen"]]) < 0.01


def test_a_stall_in_the_sound_is_bridged_and_counted() -> None:
    stage = Stage()
    stage.runner.push(SECOND)
    stage.run(2.0)
    assert stage.runner.stats().n_underruns == 1
    stage.runner.push(SECOND)
    stage.runner.flush()
    stage.run(2.0)
    np.testing.assert_array_equal(_sound(stage), np.concatenate((SECOND, SECOND)))
    assert stage.runner.stats().n_underruns == 1
    assert stage.runner.stats().pending_s == 0


def test_after_the_machine_stood_still_idle_frames_do_not_pile_up() -> None:
    stage = Stage()
    stage.run(0.4)
    n = len(stage.frames)
    stage.clock.time_s += 30.0
    stage.run(0.2)
    assert len(stage.frames) - n <= 7


def test_what_is_asked_reaches_the_session_in_order() -> None:
    stage = Stage()
    stage.runner.set_controls(Controls(emotions=(Emotion("happy"),)))
    stage.runner.push(SECOND)
    stage.runner.interrupt()
    stage.run(1.0)
    assert not stage.speech()
    assert stage.frames[-1].motion.expression[ARKIT_INDEX["mouthSmileLeft"]] > 0.5


def test_what_is_unusable_is_refused_to_the_caller_and_not_to_the_worker() -> None:
    stage = Stage()
    with pytest.raises(AudioError, match="expected int16"):
        stage.runner.push(np.zeros(10, np.float32))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="expected 0 to 1"):
        stage.runner.nod(-1)
    stage.run(0.2)


def test_too_much_waiting_speech_is_refused_whole() -> None:
    stage = Stage(max_pending_s=1.5)
    stage.runner.push(SECOND)
    with pytest.raises(AudioError, match=r"1\.0 s of speech wait already and 24000 samples came"):
        stage.runner.push(SECOND)
    stage.runner.flush()
    stage.run(2.0)
    np.testing.assert_array_equal(_sound(stage), SECOND)


def test_a_minute_of_live_speech_stays_exact_and_on_time() -> None:
    stage = Stage()
    pcm = speech_like(2.0, RATE)
    stage.runner.push(pcm)
    for _ in range(30):
        stage.runner.push(pcm)
        stage.run(2.0)
        stage.frames[:-400], stage.times_s[:-400] = [], []
    stats = stage.runner.stats()
    assert stats.n_speech_frames >= 30 * 50 - 10
    assert stats.n_underruns == 0
    assert stats.n_dropped == 0
    assert stats.lead_ms == pytest.approx(117, abs=4)


def test_the_thread_hands_frames_over_and_stops() -> None:
    session = AvatarStream(None, RATE, renderer=MotionPainter(), speech=SpectralSpeech())
    got: list[LiveFrame] = []
    done = threading.Event()

    def take(frame: LiveFrame) -> None:
        got.append(frame)
        if frame.is_last:
            done.set()

    runner = SessionRunner(session, take)
    runner.start()
    with pytest.raises(RuntimeError, match="started before"):
        runner.start()
    runner.push(SECOND)
    runner.flush()
    assert done.wait(20)
    runner.stop()
    runner.stop()
    n = len(got)
    time.sleep(0.1)
    assert len(got) == n
    sound = np.concatenate([frame.audio for frame in got if frame.is_speech])
    np.testing.assert_array_equal(sound, SECOND)


def test_a_worker_that_must_give_up_says_so(caplog: pytest.LogCaptureFixture) -> None:
    session = AvatarStream(None, RATE, renderer=MotionPainter(), speech=SpectralSpeech())
    errors: list[Exception] = []
    told = threading.Event()

    def take(frame: LiveFrame) -> None:
        raise OSError("the line is dead")

    def on_error(error: Exception) -> None:
        errors.append(error)
        told.set()

    runner = SessionRunner(session, take, on_error=on_error)
    with caplog.at_level(logging.ERROR):
        runner.start()
        assert told.wait(20)
    runner.stop()
    assert str(errors[0]) == "the line is dead"
    assert "had to stop" in caplog.text
