"""The core of live sessions, in simulated time: exact sound, pacing, late and broken pictures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fake_face import FakeFace, Trouble, tone

from vasa_avatar.datatypes import I16, TimedWord
from vasa_avatar.motion import Attention
from vasa_avatar.session import (
    CONTINUOUS,
    PAIRED,
    FaceFailed,
    Interrupted,
    LivePacer,
    PacedFrame,
    Pacing,
    SentenceStarted,
    UtteranceEnded,
    UtteranceStarted,
    Wait,
)
from vasa_avatar.session.time_line import TimeLine
from vasa_avatar.units import FrameClock

RATE = 24_000
BOTH = pytest.mark.parametrize("pacing", [PAIRED, CONTINUOUS], ids=["paired", "continuous"])
LEAPING = Pacing(0.2, 0.2, 0.04, shift_s=0.5, leaps=True, is_paired=False)


class Session:
    """A pacer with a clock that this test moves, and what it gave out."""

    def __init__(
        self, pacing: Pacing = CONTINUOUS, rate_hz: int = RATE, fps: int = 25, draw_s: float = 0.0
    ) -> None:
        self.now_s = 100.0
        self.pacing, self.draw_s = pacing, draw_s
        self.trouble = Trouble()
        self.face = FakeFace(rate_hz, fps, trouble=self.trouble)
        self.pacer = LivePacer(self.face, FrameClock(rate_hz, fps), self.now_s, pacing)
        self.events: list[tuple[float, object]] = []
        self.frames: list[tuple[float, PacedFrame]] = []
        """with the time at which their sound went out"""
        self.levels: dict[int, int] = {}
        """brightness of the pictures drawn, by the number of their frame"""

    def run(self, seconds: float) -> None:
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            step = self.pacer.next(self.now_s)
            if isinstance(step, Wait):
                self._take()
                self.now_s = min(end_s, self.now_s + step.seconds)
                continue
            self.events += [(self.now_s, event) for event in step.events]
            sound_s = self.now_s
            self._draw(step)
            placed = self.pacer.placed(step, self.now_s)
            self.frames.append((self.now_s if self.pacing.is_paired else sound_s, placed))
            self._take()

    def _draw(self, frame: PacedFrame) -> None:
        if frame.motion is None or not frame.is_to_draw:
            return
        self.now_s += self.draw_s
        try:
            picture = self.face.render(frame.motion).frame_rgb
        except RuntimeError as error:
            self.pacer.failed(error, self.now_s)
            return
        self.levels[frame.sequence] = int(picture[-1, -1, 0])
        self.pacer.drawn(self.draw_s, self.now_s)

    def _take(self) -> None:
        self.events += [(self.now_s, event) for event in self.pacer.take_events()]

    def say(self, pcm: I16, number: int = 1, is_flushed: bool = True) -> None:
        self.pacer.begin(number, self.now_s)
        self.pacer.push(pcm, self.now_s, number)
        if is_flushed:
            self.pacer.flush(number)

    def told(self, *kinds: type) -> list:
        return [event for _, event in self.events if isinstance(event, kinds)]

    @property
    def speech(self) -> list[tuple[float, PacedFrame]]:
        return [(at_s, frame) for at_s, frame in self.frames if frame.is_speech]

    @property
    def sound(self) -> I16:
        return np.concatenate([frame.audio for _, frame in self.frames] or [np.zeros(0, np.int16)])


@BOTH
@pytest.mark.parametrize(
    ("rate_hz", "fps"), [(24_000, 25), (44_100, 30), (16_000, 60), (8_000, 40)]
)
def test_the_sound_comes_back_bit_for_bit_and_without_holes(
    pacing: Pacing, rate_hz: int, fps: int
) -> None:
    session = Session(pacing, rate_hz, fps)
    voice = tone(1.234, rate_hz)
    session.run(0.3)
    session.say(voice)
    session.run(2.0)
    assert np.array_equal(session.sound, voice)
    frames = [frame for _, frame in session.frames]
    for before, after in zip(frames, frames[1:], strict=False):
        assert after.sample == before.sample + before.n_samples
        assert after.sequence == before.sequence + 1
    for _, frame in session.speech[:-1]:
        assert frame.n_samples == len(frame.audio)


def test_a_picture_carries_the_number_of_its_own_sound() -> None:
    session = Session()
    session.say(np.concatenate([tone(0.4, level=2_000), tone(0.4, level=15_000)]))
    session.run(1.5)
    loud = {number for number, level in session.levels.items() if level > 150}
    assert loud == {
        frame.sequence
        for _, frame in session.speech
        if np.abs(frame.audio).astype(int).max() > 10_000
    }


def test_speech_runs_ahead_as_told_and_no_further() -> None:
    session = Session()
    session.run(1.0)
    session.say(tone(2.0))
    session.run(3.0)
    leads = [frame.sample / RATE - (at_s - 100.0) for at_s, frame in session.speech]
    assert max(leads) <= 0.2 + 1e-5
    assert leads[-1] > 0.15
    idle = [
        frame.sample / RATE - (at_s - 100.0)
        for at_s, frame in session.frames
        if not frame.is_speech
    ]
    assert max(idle) <= 0.04 + 1e-5


@BOTH
def test_the_first_frame_of_speech_comes_at_once(pacing: Pacing) -> None:
    session = Session(pacing)
    session.run(1.0)
    asked_s = session.now_s
    session.say(tone(1.0))
    session.run(0.2)
    assert session.speech[0][0] - asked_s < 0.001


@BOTH
def test_without_speech_frames_come_at_the_frame_rate(pacing: Pacing) -> None:
    session = Session(pacing, draw_s=0.003)
    session.run(2.0)
    assert 50 <= len(session.frames) <= 52
    steps = np.diff([at_s for at_s, _ in session.frames])
    np.testing.assert_allclose(steps[2:], 0.04, atol=1e-5)
    assert all(frame.is_to_draw for _, frame in session.frames)


@pytest.mark.parametrize(("pacing", "ahead_s"), [(PAIRED, None), (CONTINUOUS, 0.25)])
def test_ten_minutes_do_not_drift(pacing: Pacing, ahead_s: float | None) -> None:
    session = Session(pacing, 44_100, 30)
    for number in range(60):
        session.say(tone(3.0, 44_100), number)
        session.run(10.0)
    last = session.frames[-1][1]
    assert sum(frame.n_samples for _, frame in session.frames) == last.sample + last.n_samples
    if ahead_s is not None:  # where sound shifts the time line, silence is left out
        assert last.sample / 44_100 - 600.0 == pytest.approx(0.0, abs=ahead_s)
    late_s = [at_s - frame.due_s for at_s, frame in session.frames]
    assert max(late_s) < 0.001
    assert session.pacer.figures.stalls == session.pacer.figures.late_pictures == 0


def test_late_sound_moves_the_time_line_or_leaves_silence() -> None:
    """One second of speech, a gap, one more: when is the second one due?"""

    def due_s(pacing: Pacing) -> tuple[float, float]:
        session = Session(pacing, draw_s=0.004)
        session.say(tone(1.0), is_flushed=False)
        session.run(1.563)
        n_frames = len(session.speech)
        session.pacer.push(tone(1.0), session.now_s, 1)
        session.pacer.flush(1)
        came_s = session.now_s
        session.run(2.0)
        assert np.array_equal(session.sound, np.tile(tone(1.0), 2))
        due_s = session.speech[n_frames][1].due_s
        return due_s - came_s, (due_s - 100.0) / 0.04

    assert due_s(PAIRED)[0] == pytest.approx(0.004), "as soon as it is drawn"
    n_frames = due_s(CONTINUOUS)[1]
    assert n_frames == pytest.approx(round(n_frames), abs=1e-4), "after whole frames of silence"


@BOTH
def test_speech_that_stutters_waits_then_goes_on_whole(pacing: Pacing) -> None:
    session = Session(pacing)
    voice = tone(2.0)
    session.pacer.begin(1, session.now_s)
    for first in range(0, len(voice), 4_800):  # 0.2 s of sound every 0.28 s
        session.pacer.push(voice[first : first + 4_800], session.now_s, 1)
        session.run(0.28)
    session.pacer.flush(1)
    session.run(1.0)
    assert np.array_equal(session.sound, voice)
    assert len(session.told(UtteranceStarted, UtteranceEnded)) == 2


@BOTH
def test_utterances_follow_without_a_hole_and_are_told_apart(pacing: Pacing) -> None:
    session = Session(pacing)
    one, two = tone(0.5), tone(0.7, hz=300.0)
    session.say(one, 1)
    session.say(two, 2)
    session.run(2.0)
    assert np.array_equal(session.sound, np.concatenate([one, two]))
    told = [
        (type(event) is UtteranceStarted, event.number)
        for event in session.told(UtteranceStarted, UtteranceEnded)
    ]
    assert told == [(True, 1), (False, 1), (True, 2), (False, 2)]
    assert sum(frame.is_last for _, frame in session.frames) == 2
    samples = [event.sample for event in session.told(UtteranceStarted, UtteranceEnded)]
    assert samples[1] == samples[2], "the second follows the first"
    first = [frame for _, frame in session.speech if frame.came_s is not None]
    assert [frame.sample for frame in first] == [samples[0], samples[2]]


def test_an_utterance_without_sound_is_started_and_ended() -> None:
    session = Session()
    session.pacer.begin(1, session.now_s)
    session.pacer.flush(1)
    session.say(tone(0.2), 2)
    session.run(1.0)
    told = [event.number for event in session.told(UtteranceStarted, UtteranceEnded)]
    assert told == [1, 1, 2, 2]


@BOTH
def test_a_stall_in_the_sound_is_bridged_and_counted(pacing: Pacing) -> None:
    session = Session(pacing)
    voice = tone(1.6)
    session.say(voice[:20_000], is_flushed=False)
    session.run(0.95)
    n_idle = sum(not frame.is_speech for _, frame in session.frames)
    session.run(0.15)
    session.pacer.push(voice[20_000:], session.now_s, 1)
    session.pacer.flush(1)
    session.run(1.5)
    assert np.array_equal(session.sound, voice)
    assert sum(not frame.is_speech for _, frame in session.frames[:40]) > n_idle
    assert session.pacer.figures.underruns == 1
    assert len(session.told(UtteranceStarted, UtteranceEnded)) == 2
    assert session.pacer.figures.samples_done == len(voice)


@BOTH
def test_speech_without_an_end_is_spoken_to_its_last_sample(pacing: Pacing) -> None:
    session = Session(pacing)
    session.say(tone(0.5), is_flushed=False)
    session.run(2.0)
    assert np.array_equal(session.sound, tone(0.5))
    assert not session.told(UtteranceEnded)
    assert not any(frame.is_last for _, frame in session.frames)
    session.pacer.flush()
    session.run(0.1)
    assert len(session.told(UtteranceEnded)) == 1
    assert sum(frame.is_last for _, frame in session.frames) == 1, "told with the next frame"


def test_sentences_are_told_where_they_begin() -> None:
    session = Session()
    session.run(0.2)
    session.pacer.begin(1, session.now_s)
    session.pacer.push(tone(0.55), session.now_s, 1, "One.")
    session.pacer.push(tone(0.35), session.now_s, 1, "Two.")
    session.pacer.flush(1)
    session.run(2.0)
    start = session.told(UtteranceStarted)[0].sample
    told = [(event.text, event.sample - start) for event in session.told(SentenceStarted)]
    assert told == [("One.", 0), ("Two.", int(0.55 * RATE))]


def test_words_reach_the_face_timed_on_what_it_takes_for_the_utterance() -> None:
    session = Session()
    session.pacer.push_words([TimedWord("early", 0.1, 0.2)])
    session.say(tone(0.5), is_flushed=False)
    session.run(1.5)  # abandoned: the face's own utterance ends after half a second
    session.pacer.push_words([TimedWord("later", 0.7, 0.9)])
    session.pacer.push(tone(0.5), session.now_s, 1)
    session.run(0.5)
    assert session.face.words[0] == TimedWord("early", 0.1, 0.2)
    later = session.face.words[1]
    assert (later.start_s, later.end_s) == pytest.approx((0.2, 0.4))


@BOTH
def test_an_interruption_leaves_no_stale_sound(pacing: Pacing) -> None:
    session = Session(pacing)
    session.say(tone(5.0), 1)
    session.say(tone(1.0), 2)
    session.run(0.5)
    position, n_frames = session.pacer.sample, len(session.frames)
    session.events.clear()
    assert session.pacer.interrupt(session.now_s) == 1
    session.pacer.push(tone(0.1), session.now_s, 1)  # it was on its way
    asked_s = session.now_s
    session.run(1.0)
    after = session.frames[n_frames:]
    assert not any(frame.is_speech for _, frame in after)
    assert session.face.interrupts == 1
    ended = session.told(UtteranceEnded)
    assert [(event.number, event.is_interrupted) for event in ended] == [(1, True), (2, True)]
    assert session.told(Interrupted) == [Interrupted(1, position)]
    first_s, first = after[0]
    assert first_s == asked_s
    assert (first.generation, first.sample, first.is_last) == (1, position, False)
    assert session.pacer.figures.samples_done == 6.1 * RATE
    session.say(tone(0.5), 3)
    session.run(1.0)
    assert np.array_equal(session.sound[-12_000:], tone(0.5))


@BOTH
def test_a_renderer_at_half_speed_costs_pictures_not_sound(pacing: Pacing) -> None:
    """Drawing takes 80 ms; a frame is shown for 40."""
    session = Session(pacing, draw_s=0.08)
    session.run(2.0)
    asked_s = session.now_s
    session.say(tone(4.0))
    session.run(6.0)
    assert np.array_equal(session.sound, tone(4.0))
    assert session.speech[0][0] - asked_s <= (0.161 if pacing is PAIRED else 0.081)
    start_s = session.speech[0][1].due_s
    late_s = np.array([at_s - frame.due_s for at_s, frame in session.speech])
    assert (late_s if pacing is PAIRED else late_s - late_s[0]).max() < 1e-6
    assert session.speech[-1][1].due_s - start_s == pytest.approx(99 * 0.04, abs=0.05)
    drawn = "".join("x" if frame.is_to_draw else "." for _, frame in session.speech)
    assert 35 <= drawn.count("x") <= 65, "half of the 100"
    assert max(len(run) for run in drawn.split("x")) <= 5
    assert session.pacer.figures.late_pictures >= drawn.count(".")


@BOTH
def test_a_renderer_that_raises_costs_pictures_not_sound(
    pacing: Pacing, caplog: pytest.LogCaptureFixture
) -> None:
    session = Session(pacing)
    session.run(0.5)
    session.trouble.is_drawing_broken = True
    session.say(tone(1.0))
    session.run(0.6)
    drawn = len(session.levels)
    session.trouble.is_drawing_broken = False
    session.run(1.0)
    assert np.array_equal(session.sound, tone(1.0))
    assert session.pacer.figures.held_frames >= 15
    assert len(session.levels) > drawn
    assert len(session.told(FaceFailed)) == len(caplog.records) == 1, "told once in ten seconds"
    assert "RuntimeError at fake_face.py" in caplog.text


@BOTH
def test_motion_that_raises_costs_pictures_not_sound(pacing: Pacing) -> None:
    session = Session(pacing)
    session.say(tone(2.0), is_flushed=False)
    session.run(0.3)
    session.trouble.is_moving_broken = True
    session.run(0.5)
    session.pacer.push_words([TimedWord("back", 1.9, 2.0)])
    session.trouble.is_moving_broken = False
    session.pacer.flush()
    session.run(3.0)
    assert np.array_equal(session.sound, tone(2.0))
    assert session.trouble.failures > 5
    assert len(session.told(UtteranceStarted, UtteranceEnded)) == 2
    assert 0.5 < session.face.words[0].start_s < 1.5, "counted from where the face began anew"


def test_a_face_that_refuses_a_command_goes_on() -> None:
    session = Session()

    def fail(face: object) -> None:
        raise ValueError("cannot be steered so")

    session.pacer.steer(fail, session.now_s)
    session.pacer.steer(lambda face: face.attend(Attention.LISTENING), session.now_s)
    session.run(0.2)
    assert len(session.told(FaceFailed)) == 1
    assert session.face.attention is Attention.LISTENING
    assert len(session.levels) > 4


def test_a_leaping_listener_is_not_kept_waiting_by_idle_frames() -> None:
    def frames_at_once(pacing: Pacing) -> int:
        session = Session(pacing)
        session.run(1.0)
        session.say(tone(1.0))
        session.run(0.001)
        return len(session.speech)

    assert frames_at_once(LEAPING) >= 5
    assert frames_at_once(Pacing(0.2, 0.2, 0.04, shift_s=0.5, leaps=False, is_paired=False)) <= 1


@BOTH
def test_after_the_machine_stood_still_frames_do_not_pile_up(pacing: Pacing) -> None:
    session = Session(pacing)
    session.run(0.4)
    n_frames = len(session.frames)
    session.now_s += 30.0
    session.run(0.2)
    assert len(session.frames) - n_frames <= 8
    assert session.pacer.figures.stalls == 1


def test_a_session_that_was_late_for_a_while_skips_pictures_and_catches_up() -> None:
    session = Session()
    session.run(0.4)
    n_frames = len(session.frames)
    session.now_s += 0.3
    session.run(0.1)
    late = [frame.is_to_draw for _, frame in session.frames[n_frames:]]
    assert late.count(False) >= 5
    assert late[-1]
    assert session.pacer.figures.stalls == 0


def test_the_time_line_maps_samples_to_real_time() -> None:
    line = TimeLine(RATE, 10.0)
    line.advance(2_400)
    assert line.due_s == pytest.approx(10.1)
    assert line.lead_s(10.04) == pytest.approx(0.06)
    assert line.wait_s(10.0, 0.04) == pytest.approx(0.06)
    assert line.wait_s(10.2, 0.04) == 0.0
    line.restart(20.0)
    assert (line.lead_s(20.0), line.sample) == (0.0, 2_400)


def test_frames_that_go_together_are_further_ahead_and_never_less() -> None:
    bundled = replace(CONTINUOUS, frames_at_once=4)
    session = Session(bundled)
    voice = tone(4.0)
    session.say(voice)
    session.run(4.5)
    assert np.array_equal(session.sound, voice)
    moments = sorted({at_s for at_s, _ in session.speech})
    assert len(moments) <= len(session.speech) / 4 + 1
    leads = [frame.due_s - at_s for at_s, frame in session.speech]
    settled = leads[8:]
    assert min(settled) >= bundled.speech_lead_s - 1e-6
    assert max(settled) <= bundled.speech_lead_s + 3 / 25 + 1e-6
    assert max(leads[:5]) <= bundled.speech_lead_s + 1e-6, "the first ones go as ever"


def test_silence_is_made_in_bundles_and_never_puts_off_an_answer() -> None:
    bundled = replace(CONTINUOUS, leaps=True, frames_at_once=4, idle_at_once=3)
    session = Session(bundled)
    session.run(2.0)
    idle = session.frames
    assert len({at_s for at_s, _ in idle}) <= len(idle) / 3 + 1
    leads = [frame.due_s - at_s for at_s, frame in idle[3:]]
    assert min(leads) >= bundled.idle_lead_s - 1e-6
    assert max(leads) <= bundled.idle_lead_s + 2 / 25 + 1e-6
    said_s = session.now_s
    session.say(tone(1.0))
    session.run(1.5)
    assert session.speech[0][0] == pytest.approx(said_s) == session.speech[0][1].due_s


def test_what_comes_as_it_is_heard_is_not_held_back_for_a_bundle() -> None:
    at_once = [Session(replace(CONTINUOUS, frames_at_once=n)) for n in (1, 4)]
    voice = tone(2.0)
    for session in at_once:
        session.pacer.begin(1, session.now_s)
        for start in range(0, len(voice), 240):
            session.pacer.push(voice[start : start + 240], session.now_s, 1)
            session.run(0.01)
    one, four = ([at_s for at_s, _ in session.speech] for session in at_once)
    assert one == pytest.approx(four, abs=1e-6)
