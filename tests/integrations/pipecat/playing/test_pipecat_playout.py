"""The playout alone, stepped by a clock of the test's own: what leaves, when, in which order."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pipecat.frames.frames import (
    Frame,
    OutputAudioRawFrame,
    OutputImageRawFrame,
    TextFrame,
    TTSAudioRawFrame,
    TTSStoppedFrame,
    TTSTextFrame,
)
from pipecat_vasa.engine import SessionOptions
from pipecat_vasa.playing.frame_renderer import RenderedFrame, RenderOrder
from pipecat_vasa.playing.meter import Meter
from pipecat_vasa.playing.playout import BeginSpeech, GiveUp, Playout
from pipecat_vasa.playing.render_ahead import HANG_S, MAX_FAILURES
from pipecat_vasa.playing.timeline import SAFETY_S, PlayoutOptions

from vasa_avatar.datatypes import Controls

RATE_HZ = 24_000
FRAME_S = 0.04
SPEECH, REST = b"sss", b"rrr"


class Clocked:
    """A Playout and a renderer that takes `cost_s`, on one clock."""

    def __init__(self, cost_s: float = 0.005, **options: Any) -> None:
        self.meter = Meter()
        session = SessionOptions(RATE_HZ, 25, False, Controls(), seed=0)
        chosen = PlayoutOptions(session, size_px=1, **options)
        self.playout = Playout(chosen, self.meter)
        self.now_s = 100.0
        self.cost_s = cost_s
        self.problem: Exception | None = None
        self.pushed: list[tuple[float, Frame]] = []
        self.told: list[object] = []
        self.orders: list[RenderOrder] = []
        self._rendering: tuple[float, RenderOrder] | None = None

    def say(self, seconds: float, *, stop: bool = True, context: str = "c") -> bytes:
        """Push speech in pieces of three frames, all at once; what was sent."""
        sound, piece = speech(seconds), round(3 * FRAME_S * RATE_HZ) * 2
        for first in range(0, len(sound), piece):
            part = sound[first : first + piece]
            self.receive(TTSAudioRawFrame(part, RATE_HZ, 1, context_id=context))
        if stop:
            self.receive(TTSStoppedFrame(context_id=context))
        return sound

    def receive(self, frame: Frame, due_s: float | None = None) -> None:
        """Give it a frame, or pass the frame on when it says so."""
        if not self.playout.receive(frame, self.now_s, due_s):
            self.pushed.append((self.now_s, frame))

    def run(self, seconds: float) -> None:
        """Carry out what is due until then."""
        until_s = self.now_s + seconds
        while self._step(until_s):
            pass

    def drain(self) -> None:
        """To the end."""
        self.playout.flush()
        while self.playout.is_busy:
            self._step(self.now_s + 1)

    def _step(self, until_s: float) -> bool:
        action = self.playout.poll(self.now_s)
        if isinstance(action, Frame):
            self.pushed.append((self.now_s, action))
        elif isinstance(action, RenderOrder):
            self.orders.append(action)
            takes_s = self.cost_s if action.start_within_s >= 0 else 0.0
            self._rendering = (self.now_s + takes_s, action)
        elif action is not None:
            self.told.append(action)
        else:
            rendered_s = self._rendering[0] if self._rendering else math.inf
            self.now_s = max(self.now_s, min(self.playout.wake_s, rendered_s, until_s))
            if self.now_s >= rendered_s and self._rendering is not None:
                self._finish(*self._rendering)
            return self.now_s < until_s
        return True

    def _finish(self, _: float, order: RenderOrder) -> None:
        self._rendering = None
        if self.problem is not None:
            self.playout.ahead.finish(order, self.problem, self.now_s)
            return
        rgb: bytes | None = REST if order.speech is None else SPEECH
        if order.start_within_s < 0:
            rgb = None
        self.playout.ahead.finish(order, RenderedFrame(rgb, self.cost_s), self.now_s)

    def frames(self, *kinds: type[Frame]) -> list[Any]:
        """What was pushed of these kinds."""
        return [frame for _, frame in self.pushed if isinstance(frame, kinds)]

    def sound(self) -> bytes:
        """All sound that was pushed."""
        return b"".join(frame.audio for frame in self.frames(OutputAudioRawFrame))

    def pictures(self, rgb: bytes) -> list[tuple[float, OutputImageRawFrame]]:
        """Those of speech, or of rest."""
        images = [(at, f) for at, f in self.pushed if isinstance(f, OutputImageRawFrame)]
        return [(at, image) for at, image in images if image.image == rgb]


def speech(seconds: float) -> bytes:
    """Bytes that tell their place."""
    return (np.arange(round(seconds * RATE_HZ)) % 30_000).astype("<i2").tobytes()


def heard_s(clocked: Clocked) -> Iterator[tuple[float, float]]:
    """When each piece of sound left, and when it was heard at the earliest."""
    end_s = 0.0
    for at, frame in clocked.pushed:
        if isinstance(frame, OutputAudioRawFrame):
            start_s = max(at, end_s)
            end_s = start_s + frame.num_frames / frame.sample_rate
            yield at, start_s


def test_each_picture_leaves_right_before_its_sound() -> None:
    clocked = Clocked()
    sent = clocked.say(2.0)
    clocked.run(3.0)
    assert clocked.sound() == sent
    kinds = [type(frame) for _, frame in clocked.pushed]
    assert kinds == [OutputImageRawFrame, TTSAudioRawFrame] * 50 + [TTSStoppedFrame]
    assert [type(told) for told in clocked.told] == [BeginSpeech]
    assert clocked.meter.n_shown == 50 and not clocked.meter.n_dropped


@pytest.mark.parametrize("lead_ms", [40, 160, 320])
def test_sound_leaves_so_far_ahead_and_never_late(lead_ms: int) -> None:
    clocked = Clocked(lead_ms=lead_ms)
    clocked.say(2.0)
    clocked.run(3.0)
    leads = [start_s - at for at, start_s in heard_s(clocked)]
    assert leads[0] == 0.0
    assert max(leads) <= lead_ms / 1000 + 1e-6
    assert min(leads[1:]) >= SAFETY_S
    assert clocked.meter.report("x").voice_gap_ms == 0.0


def test_a_renderer_that_is_too_slow_costs_pictures_and_no_time() -> None:
    clocked = Clocked(cost_s=0.1)
    sent = clocked.say(4.0)
    clocked.run(6.0)
    assert clocked.sound() == sent
    meter = clocked.meter
    assert meter.n_shown + meter.n_dropped == 100 and meter.n_shown >= 10
    assert clocked.meter.report("x").voice_gap_ms < 1


def test_idle_pictures_keep_the_beat() -> None:
    clocked = Clocked()
    clocked.playout.show()
    clocked.run(4.0)
    times = [at for at, _ in clocked.pictures(REST)]
    assert len(times) in (100, 101)
    assert np.allclose(np.diff(times), FRAME_S, atol=1e-6)


def test_rest_follows_when_the_last_word_was_heard() -> None:
    clocked = Clocked()
    clocked.playout.show()
    clocked.run(0.5)
    clocked.say(1.0)
    clocked.run(2.0)
    ends_s = max(start_s + FRAME_S for _, start_s in heard_s(clocked))
    first = next(at for at, _ in clocked.pictures(REST) if at > 101.0)
    assert first == pytest.approx(ends_s, abs=1e-6)


def test_no_picture_of_rest_is_rendered_within_speech() -> None:
    clocked = Clocked()
    clocked.playout.show()
    clocked.run(0.002)
    assert clocked.orders and clocked.orders[-1].speech is None, "one is under way"
    clocked.say(1.0)
    clocked.run(2.0)
    kinds = [order.speech is not None for order in clocked.orders]
    begin = kinds.index(True)
    assert all(kinds[begin : begin + 25]), "it would end the speech for the mouth"


def test_a_stutter_loses_nothing() -> None:
    clocked = Clocked()
    clocked.playout.show()
    first = clocked.say(0.5, stop=False)
    clocked.run(0.5)
    assert not clocked.pictures(REST)
    clocked.run(0.5)
    assert clocked.pictures(REST), "it lives while no sound comes"
    second = clocked.say(0.5)
    clocked.run(1.0)
    assert clocked.sound() == first + second
    assert len(clocked.told) == 2


def test_an_interruption_lets_nothing_old_out() -> None:
    clocked = Clocked()
    clocked.playout.show()
    clocked.say(5.0)
    clocked.run(1.0)
    n_pushed = len(clocked.pushed)
    assert clocked.playout.interrupt(clocked.now_s) == []
    clocked.run(0.2)
    assert len(clocked.pushed) == n_pushed, "held between its halves"
    assert clocked.orders[-1].interrupts
    clocked.playout.resume(clocked.now_s)
    sent = clocked.say(1.0, context="next")
    clocked.run(2.0)
    later = [frame for _, frame in clocked.pushed[n_pushed:]]
    sound = [f for f in later if isinstance(f, TTSAudioRawFrame)]
    assert {frame.context_id for frame in sound} == {"next"}
    assert b"".join(frame.audio for frame in sound) == sent
    begins = [order.speech.begins for order in clocked.orders if order.speech]
    assert begins.count(True) == 2


def test_what_must_survive_an_interruption_survives_in_its_place() -> None:
    clocked = Clocked()
    clocked.say(1.0, stop=False)
    kept, lost = TextFrame("kept"), TextFrame("lost")
    kept.interruptible = False
    word = TTSTextFrame("word", text_type="word")
    word.pts, word.interruptible = 1, False
    for frame in (kept, lost):
        clocked.receive(frame)
    clocked.receive(word, clocked.now_s + 0.9)
    clocked.run(0.2)
    assert clocked.playout.interrupt(clocked.now_s) == [word, kept]
    clocked.playout.resume(clocked.now_s)
    clocked.run(2.0)
    assert lost not in clocked.frames(TextFrame)


def test_speech_that_may_not_be_interrupted_goes_on() -> None:
    clocked = Clocked()
    sound = TTSAudioRawFrame(speech(1.0), RATE_HZ, 1)
    sound.interruptible = False
    clocked.receive(sound)
    clocked.run(0.3)
    assert clocked.playout.interrupt(clocked.now_s) == []
    clocked.playout.resume(clocked.now_s)
    clocked.run(2.0)
    assert clocked.sound() == sound.audio
    assert len(clocked.pictures(SPEECH)) == 25


def test_words_are_handed_out_when_they_are_due() -> None:
    clocked = Clocked(cost_s=0.06)
    direct_s = clocked.now_s
    clocked.say(1.0, stop=False)
    for at in (0.0, 0.3, 0.6):
        word = TTSTextFrame(f"{at}", text_type="word")
        word.pts = round((direct_s + at) * 1e9)
        clocked.receive(word, direct_s + at)
    clocked.receive(TTSStoppedFrame())
    clocked.run(2.0)
    _, voice_s = next(heard_s(clocked))
    delay_s = voice_s - direct_s
    assert delay_s > 0.05
    for at, frame in [(at, f) for at, f in clocked.pushed if isinstance(f, TTSTextFrame)]:
        assert at == pytest.approx(direct_s + float(frame.text) + delay_s, abs=1e-6)
        assert frame.pts == pytest.approx(at * 1e9, abs=2e6)


def test_words_reach_the_renderer_with_their_times_on_the_sound() -> None:
    clocked = Clocked()
    clocked.say(1.0)
    clocked.run(0.3)  # a second utterance waits behind the first
    clocked.say(1.0, stop=False)
    for text, after_s in (("No,", 0.9), ("never.", 1.3)):  # the second is heard .7 s from now
        word = TTSTextFrame(text, text_type="word")
        word.pts = 1
        clocked.receive(word, clocked.now_s + after_s)
    clocked.run(1.0)
    orders = [order.speech for order in clocked.orders if order.speech is not None]
    words = [word for order in orders for word in order.words]
    assert [word.text for word in words] == ["No,", "never."]
    assert [word.start_s for word in words] == pytest.approx([0.2, 0.6], abs=0.01)
    assert next(o for o in orders if o.words).begins, "they come with the utterance that says them"


def test_an_earlier_word_never_waits_behind_a_later_one() -> None:
    clocked = Clocked()
    begin_s = clocked.now_s

    def word(text: str, after_s: float) -> None:
        frame = TTSTextFrame(text, text_type="word")
        frame.pts = round((begin_s + after_s) * 1e9)
        clocked.receive(frame, begin_s + after_s)

    clocked.cost_s = 0.08  # so the first utterance is heard late
    clocked.say(0.4, stop=False)
    word("late", 2.3)
    clocked.run(2.0)
    clocked.cost_s = 0.005
    clocked.say(0.4, stop=False)
    word("early", 2.25)
    clocked.run(1.0)
    times = {f.text: at - begin_s for at, f in clocked.pushed if isinstance(f, TTSTextFrame)}
    assert list(times) == ["early", "late"]
    assert times["early"] == pytest.approx(2.25, abs=0.02)


def test_the_end_waits_for_sound_and_words() -> None:
    clocked = Clocked()
    clocked.say(0.5, stop=False)
    word = TTSTextFrame("word", text_type="word")
    word.pts = 5
    clocked.receive(word, clocked.now_s + 9.0)
    clocked.drain()
    assert clocked.sound() == speech(0.5)
    assert clocked.pushed[-1][1] is word, "the transport's clock does the rest"
    assert not clocked.playout.is_busy


def test_frames_pass_at_once_when_nothing_is_before_them() -> None:
    clocked = Clocked()
    assert not clocked.playout.receive(TextFrame("now"), clocked.now_s)
    clocked.say(0.2, stop=False)
    behind = TextFrame("behind")
    assert clocked.playout.receive(behind, clocked.now_s)
    clocked.run(1.0)
    assert clocked.pushed[-1][1] is behind


def test_a_turn_that_nobody_ends_leaves_the_transports_queue_alone() -> None:
    clocked = Clocked()
    clocked.playout.show()
    clocked.say(0.5, stop=False)
    clocked.playout.bot_started(clocked.now_s)
    clocked.run(2.0)
    idle = [(at - 100.5, image.sync_with_audio) for at, image in clocked.pictures(REST)]
    assert idle[0][1], "the first ones stay behind the speech"
    assert all(synced == (at < 0.52) for at, synced in idle)
    clocked.playout.bot_stopped()
    n_before = len(clocked.pushed)
    clocked.run(0.5)
    assert all(frame.sync_with_audio for _, frame in clocked.pushed[n_before:])


def test_a_picture_that_hangs_ends_rendering_until_it_is_revived() -> None:
    clocked = Clocked(cost_s=math.inf)
    clocked.playout.show()
    sent = clocked.say(1.0)
    clocked.run(HANG_S + 1)
    assert clocked.sound() == sent
    problems = [told.problem for told in clocked.told if isinstance(told, GiveUp)]
    assert len(problems) == 1 and "took more than 5 s" in str(problems[0])
    hung = clocked.orders[-1]
    clocked.run(2.0)
    assert clocked.orders[-1] is hung, "nothing is rendered meanwhile"
    clocked.cost_s = 0.005
    clocked._rendering = None
    clocked.playout.ahead.revive()
    clocked.run(0.1)
    first = clocked.orders[clocked.orders.index(hung) + 1]
    assert first.needs_new_session and not clocked.orders[-1].needs_new_session
    before = len(clocked.pictures(REST))
    clocked.playout.ahead.finish(hung, RenderedFrame(b"old", 9.0), clocked.now_s)
    clocked.run(1.0)
    assert len(clocked.pictures(REST)) > before + 20
    assert not clocked.pictures(b"old")


def test_a_new_session_is_told_how_far_the_speech_has_come() -> None:
    clocked = Clocked()
    clocked.say(3.0)
    clocked.run(1.0)
    clocked.problem = RuntimeError("on fire")
    clocked.run(0.5)
    assert clocked.meter.n_failed == MAX_FAILURES
    assert isinstance(clocked.told[-1], GiveUp)
    clocked.problem = None
    n_before = len(clocked.orders)
    clocked.playout.ahead.revive()
    clocked.run(3.0)
    again = clocked.orders[n_before].speech
    assert clocked.orders[n_before].needs_new_session
    assert again is not None and again.begins
    assert len(np.concatenate(again.sound)) >= again.n_skipped * RATE_HZ * FRAME_S
    assert clocked.meter.n_shown > 50


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=12), st.sampled_from([1, 2]))
def test_any_cut_of_the_bytes_gives_the_same_voice_and_the_same_mouth(
    lengths: list[int], channels: int
) -> None:
    sent = speech((sum(lengths) // 4 * 4) / 2 / RATE_HZ)
    clocked = Clocked()
    first = 0
    for n_bytes in lengths:
        part = sent[first : first + n_bytes]
        clocked.receive(TTSAudioRawFrame(part, RATE_HZ, channels, context_id="c"))
        first += n_bytes
    clocked.receive(TTSStoppedFrame(context_id="c"))
    clocked.run(3.0)
    assert clocked.sound() == sent[: len(sent) // (2 * channels) * 2 * channels]
    parts = [part for order in clocked.orders if order.speech for part in order.speech.sound]
    mono = np.frombuffer(sent, "<i2").reshape(-1, channels).astype(int).sum(axis=1) // channels
    assert np.array_equal(np.concatenate(parts or [mono[:0]]), mono)


def test_half_a_sample_is_forgotten_with_its_speech() -> None:
    clocked = Clocked()
    for ending in (TTSStoppedFrame(), None):
        clocked.receive(TTSAudioRawFrame(speech(0.2) + b"\x07", RATE_HZ, 1))
        if ending is not None:
            clocked.receive(ending)
        clocked.run(4.0)
        clocked.receive(TTSAudioRawFrame(speech(0.2), RATE_HZ, 1))
        clocked.receive(TTSStoppedFrame())
        clocked.run(1.0)
    assert clocked.sound() == 4 * speech(0.2)


def test_ten_minutes_without_drift_or_growth() -> None:
    clocked = Clocked()
    clocked.playout.show()
    chance = np.random.default_rng(5)
    sent = 0
    began_s = clocked.now_s
    while clocked.now_s < began_s + 600:
        seconds = round(float(chance.uniform(0.5, 8)), 2)
        sent += len(clocked.say(seconds))
        clocked.run(seconds + float(chance.uniform(0.3, 1.5)))
        assert not clocked.playout.is_pending
    assert len(clocked.sound()) == sent
    meter = clocked.meter
    assert meter.n_dropped == 0 and meter.n_failed == 0
    assert meter.n_shown == pytest.approx(sent / 2 / RATE_HZ / FRAME_S, rel=0.01)
    times = [at for at, f in clocked.pushed if isinstance(f, OutputImageRawFrame)]
    assert len(times) == pytest.approx((clocked.now_s - began_s) / FRAME_S, rel=0.02)
    assert max(np.diff(times)) < 0.3, "a picture holds until what was pushed ahead is heard"
    assert clocked.meter.report("x").voice_gap_ms == 0.0
