"""The show along its clock, in simulated time: exact sound, pacing, late and broken pictures."""

from __future__ import annotations

import numpy as np
import pytest
from fake_source import FakeStream, Trouble, tone
from vasa_server.show.pacing import Pacer, Pacing
from vasa_server.show.packets import (
    AudioPacket,
    BargedIn,
    FaceFailed,
    PicturePacket,
    SentenceStart,
    UtteranceEdge,
)
from vasa_server.show.performance import MAX_UNREAD_SOUND_S, Cue, Performance
from vasa_server.show.sources import OpenConfig

from vasa_avatar.datatypes import I16, U8, Controls
from vasa_avatar.units import FrameClock

RATE = 24_000


class Level:
    """An encoder whose bytes are the brightness of the picture."""

    def __init__(self) -> None:
        self.keys: list[bool] = []

    def encode(self, frame_rgb: U8, force_key: bool) -> tuple[bytes, bool]:
        self.keys.append(force_key)
        return bytes([int(frame_rgb[-1, -1, 0])]), True

    def close(self) -> None: ...


class Show:
    """A performance with a clock that this test moves."""

    def __init__(self, rate_hz: int = RATE, fps: int = 25, pacing: Pacing | None = None) -> None:
        self.now_s = 100.0
        self.cues: list[tuple[float, Cue]] = []
        self.trouble = Trouble()
        config = OpenConfig("ada", rate_hz, fps, 16, False, 0, Controls())
        self.face = FakeStream(config, self.trouble)
        self.encoder = Level()
        self.performance = Performance(
            self.face,
            self.encoder,
            FrameClock(rate_hz, fps),
            lambda cue: self.cues.append((self.now_s, cue)),
            self.now_s,
            pacing,
        )

    def run(self, seconds: float) -> None:
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            wait_s = self.performance.step(self.now_s)
            if wait_s > 0:
                self.now_s = min(end_s, self.now_s + max(wait_s, 1e-6))

    def say(self, number: int, pcm: I16, is_complete: bool = True) -> None:
        self.performance.begin(number, self.now_s)
        self.performance.append(number, pcm)
        if is_complete:
            self.performance.complete(number)

    def of(self, kind: type) -> list[tuple[float, object]]:
        return [(at_s, cue) for at_s, cue in self.cues if isinstance(cue, kind)]

    @property
    def sound(self) -> I16:
        parts = [cue.pcm_i16 for _, cue in self.cues if isinstance(cue, AudioPacket)]
        return np.concatenate(parts) if parts else np.zeros(0, np.int16)

    @property
    def pictures(self) -> list[PicturePacket]:
        return [cue for _, cue in self.cues if isinstance(cue, PicturePacket)]


@pytest.mark.parametrize(
    ("rate_hz", "fps"), [(24_000, 25), (44_100, 30), (16_000, 60), (8_000, 40)]
)
def test_the_sound_comes_back_bit_for_bit_and_without_holes(rate_hz: int, fps: int) -> None:
    show = Show(rate_hz, fps)
    voice = tone(1.234, rate_hz)
    show.run(0.3)
    show.say(1, voice)
    show.run(2.0)
    assert np.array_equal(show.sound, voice)
    shots = [cue for _, cue in show.cues if isinstance(cue, AudioPacket)]
    for before, after in zip(shots, shots[1:], strict=False):
        assert after.sample == before.sample + len(before.pcm_i16)


def test_pictures_follow_each_other_without_holes() -> None:
    show = Show(16_000, 60)
    show.say(1, tone(0.7, 16_000))
    show.run(2.0)
    for before, after in zip(show.pictures, show.pictures[1:], strict=False):
        assert after.sample == before.sample + before.samples
        assert after.sequence == before.sequence + 1


def test_a_picture_carries_the_number_of_its_own_sound() -> None:
    show = Show()
    show.say(1, np.concatenate([tone(0.4, level=2_000), tone(0.4, level=15_000)]))
    show.run(1.5)
    sounds = {cue.sequence: cue for _, cue in show.cues if isinstance(cue, AudioPacket)}
    loud = {p.sequence for p in show.pictures if p.data[0] > 150}
    assert loud == {
        number for number, cue in sounds.items() if np.abs(cue.pcm_i16).astype(int).max() > 10_000
    }
    assert all(sounds[p.sequence].sample == p.sample for p in show.pictures if p.is_speech)


def test_speech_runs_ahead_as_told_and_no_further() -> None:
    show = Show(pacing=Pacing(idle_lead_s=0.04, speech_lead_s=0.2))
    show.run(1.0)
    show.say(1, tone(2.0))
    show.run(3.0)
    start_s = 100.0
    leads = [cue.sample / RATE - (at_s - start_s) for at_s, cue in show.of(AudioPacket)]  # type: ignore[attr-defined]
    assert max(leads) <= 0.2 + 1e-6
    assert leads[-1] > 0.15
    idle = [
        cue.sample / RATE - (at_s - start_s)
        for at_s, cue in show.cues
        if isinstance(cue, PicturePacket) and not cue.is_speech
    ]
    assert max(idle) <= 0.04 + 1e-6


def test_the_first_frame_of_speech_comes_at_once() -> None:
    show = Show()
    show.run(1.0)
    asked_s = show.now_s
    show.say(1, tone(1.0))
    show.run(0.2)
    assert show.of(AudioPacket)[0][0] - asked_s < 0.001


def test_ten_minutes_do_not_drift() -> None:
    show = Show(44_100, 30)
    for number in range(60):
        show.say(number, tone(3.0, 44_100))
        show.run(10.0)
    last = show.pictures[-1]
    assert last.sample / 44_100 - 600.0 == pytest.approx(0.0, abs=0.25)
    assert sum(p.samples for p in show.pictures) == last.sample + last.samples
    assert len(show.sound) == 60 * 3 * 44_100


def test_speech_that_stutters_waits_then_goes_on_whole() -> None:
    show = Show()
    voice = tone(2.0)
    show.performance.begin(1, show.now_s)
    for first in range(0, len(voice), 4_800):  # 0.2 s of sound every 0.28 s
        show.performance.append(1, voice[first : first + 4_800])
        show.run(0.28)
    show.performance.complete(1)
    show.run(1.0)
    assert np.array_equal(show.sound, voice)
    edges = [(edge.is_start, edge.number) for _, edge in show.of(UtteranceEdge)]  # type: ignore[attr-defined]
    assert edges == [(True, 1), (False, 1)]


def test_speech_without_an_end_is_spoken_to_its_last_sample() -> None:
    show = Show()
    voice = tone(0.5)
    show.say(1, voice, is_complete=False)
    show.run(2.0)
    assert np.array_equal(show.sound, voice)


def test_sentences_are_told_where_they_begin() -> None:
    show = Show()
    show.run(0.2)
    show.performance.begin(1, show.now_s)
    show.performance.append(1, tone(0.55), "One.")
    show.performance.append(1, tone(0.35), "Two.")
    show.performance.complete(1)
    show.run(2.0)
    start = show.of(UtteranceEdge)[0][1].sample  # type: ignore[attr-defined]
    told = [(cue.text, cue.sample - start) for _, cue in show.of(SentenceStart)]  # type: ignore[attr-defined]
    assert told == [("One.", 0), ("Two.", int(0.55 * RATE))]


def test_an_interruption_leaves_no_stale_sound() -> None:
    show = Show()
    show.say(1, tone(5.0))
    show.say(2, tone(1.0))
    show.run(0.5)
    position = show.performance.pacer.sample
    show.cues.clear()
    show.performance.interrupt(1, show.now_s, request_id=9)
    asked_s = show.now_s
    show.run(1.0)
    assert len(show.sound) == 0
    assert show.face.interrupts == 1
    barged = show.of(BargedIn)[0][1]
    assert barged == BargedIn(generation=1, sample=position, request_id=9)
    ends = [edge for _, edge in show.of(UtteranceEdge)]
    assert [(e.number, e.is_interrupted) for e in ends] == [(1, True), (2, True)]  # type: ignore[attr-defined]
    first_at_s, first = next((t, c) for t, c in show.cues if isinstance(c, PicturePacket))
    assert first_at_s == asked_s
    assert (first.generation, first.sample, first.is_speech) == (1, position, False)


def test_a_renderer_at_half_speed_costs_pictures_not_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing takes 80 ms of the simulated clock; a frame is shown for 40."""
    show = Show()
    monkeypatch.setattr("vasa_server.show.performance.time.perf_counter", lambda: show.now_s)

    def slow(*, seconds: float = 0.08) -> None:
        show.now_s += seconds

    show.trouble.before_drawing = slow  # type: ignore[method-assign]
    show.run(2.0)
    asked_s = show.now_s
    voice = tone(4.0)
    show.say(1, voice)
    show.run(6.0)
    assert np.array_equal(show.sound, voice)
    start_sample = show.of(UtteranceEdge)[0][1].sample  # type: ignore[attr-defined]
    first_s = show.of(AudioPacket)[0][0]
    assert first_s - asked_s <= 0.081
    late = [
        (at_s - first_s) - (cue.sample - start_sample) / RATE  # type: ignore[attr-defined]
        for at_s, cue in show.of(AudioPacket)
    ]
    assert max(late) <= 0.045
    figures = show.performance.figures
    speech_pictures = sum(p.is_speech for p in show.pictures)
    assert 35 <= speech_pictures <= 65  # half of the 100
    assert figures.late_pictures >= 100 - speech_pictures


def test_a_renderer_that_raises_costs_pictures_not_sound() -> None:
    show = Show()
    show.run(0.5)
    show.trouble.is_drawing_broken = True
    voice = tone(1.0)
    show.say(1, voice)
    show.run(0.6)
    drawn = len(show.pictures)
    show.trouble.is_drawing_broken = False
    show.run(1.0)
    assert np.array_equal(show.sound, voice)
    assert show.performance.figures.held_frames >= 15
    assert len(show.pictures) > drawn
    assert len(show.of(FaceFailed)) == 1


def test_motion_that_raises_costs_pictures_not_sound() -> None:
    show = Show()
    voice = tone(2.0)
    show.say(1, voice)
    show.run(0.3)
    show.trouble.is_moving_broken = True
    show.run(0.5)
    show.trouble.is_moving_broken = False
    show.run(3.0)
    assert np.array_equal(show.sound, voice)
    assert show.trouble.failures > 5
    assert [edge.is_start for _, edge in show.of(UtteranceEdge)] == [True, False]  # type: ignore[attr-defined]


def test_a_reader_that_stalls_stalls_the_show() -> None:
    show = Show()
    unread = int(MAX_UNREAD_SOUND_S * RATE) + 1
    show.performance.unread_samples = lambda: unread
    show.say(1, tone(1.0))
    show.run(1.0)
    assert show.cues == []
    show.performance.unread_samples = lambda: 0
    show.run(2.0)
    assert len(show.sound) == RATE


def test_a_leaping_viewer_is_not_kept_waiting_by_idle_frames() -> None:
    def seconds_ahead(leaps: bool) -> float:
        show = Show(pacing=Pacing(idle_lead_s=0.2, speech_lead_s=0.2))
        show.performance.leaps = leaps
        show.run(1.0)
        show.say(1, tone(1.0))
        show.run(0.001)
        return show.performance.pacer.lead_s(show.now_s)

    assert seconds_ahead(leaps=True) == pytest.approx(0.2, abs=0.045)
    show = Show(pacing=Pacing(idle_lead_s=0.2, speech_lead_s=0.2))
    show.performance.leaps = True
    show.run(1.0)
    show.say(1, tone(1.0))
    show.run(0.001)
    assert len(show.of(AudioPacket)) >= 5
    still = Show(pacing=Pacing(idle_lead_s=0.2, speech_lead_s=0.2))
    still.run(1.0)
    still.say(1, tone(1.0))
    still.run(0.001)
    assert len(still.of(AudioPacket)) <= 1


def test_a_stalled_clock_starts_anew_instead_of_racing() -> None:
    pacer = Pacer(RATE, 0.0)
    assert not pacer.catch_stall(0.4)
    assert pacer.catch_stall(5.0)
    assert pacer.lead_s(5.0) == 0.0
    assert pacer.sample == 0
    assert pacer.stalls == 1
