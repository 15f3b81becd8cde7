"""The line of speech: exact slots, untouched sound, order, barge-in."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from pipecat.frames.frames import Frame, OutputAudioRawFrame, TextFrame, TTSAudioRawFrame
from pipecat_vasa.playing.speech_line import Slot, SpeechLine


def sound(n: int, rate: int = 24_000, channels: int = 1, first: int = 0) -> TTSAudioRawFrame:
    pcm = (np.arange(first, first + n * channels) % 30_000).astype("<i2")
    return TTSAudioRawFrame(pcm.tobytes(), rate, channels, context_id="c")


def cut_all(line: SpeechLine) -> list[Slot]:
    slots = []
    while (slot := line.cut_slot()) is not None:
        slots.append(slot)
    return slots


def bytes_of(frames: list[Frame]) -> bytes:
    return b"".join(f.audio for f in frames if isinstance(f, OutputAudioRawFrame))


@given(
    st.lists(st.integers(1, 5000), min_size=1, max_size=12),
    st.sampled_from([8000, 11025, 16000, 22050, 24000, 44100, 48000]),
    st.sampled_from([25, 30]),
    st.sampled_from([1, 2]),
)
def test_sound_leaves_as_it_came(lengths: list[int], rate: int, fps: int, channels: int) -> None:
    line, sent = SpeechLine(fps), b""
    slots: list[Slot] = []
    for i, n in enumerate(lengths):
        frame = sound(n, rate, channels, first=17 * i)
        sent += frame.audio
        line.push_audio(frame, 0.0, is_speech=True)
        slots += cut_all(line)
    line.close()
    slots += cut_all(line)
    frames = [frame for slot in slots for frame in slot.frames]
    assert bytes_of(frames) == sent
    assert all(f.sample_rate == rate and f.num_channels == channels for f in frames)
    assert all(f.context_id == "c" for f in frames)
    assert [s.number for s in slots] == list(range(len(slots)))
    bounds = [s.first_sample for s in slots]
    assert bounds == [i * rate // fps for i in range(len(slots))]
    assert sum(f.num_frames for f in frames) == sum(lengths)


def test_frames_keep_their_place() -> None:
    line = SpeechLine(25)
    line.push_audio(sound(1500), 0.0, is_speech=True)
    between, behind = TextFrame("between"), TextFrame("behind")
    line.push(between)
    line.push_audio(sound(500), 0.0, is_speech=True)
    line.close()
    line.push(behind)
    slots = cut_all(line)
    assert [type(f).__name__ for f in slots[0].frames] == ["TTSAudioRawFrame"]
    told = [f.num_frames if isinstance(f, OutputAudioRawFrame) else f for f in slots[1].frames]
    assert told == [540, between, 420]
    assert line.leave_head() == [behind]
    assert line.is_empty


def test_a_whole_frame_stays_the_same_object() -> None:
    line, frame = SpeechLine(25), sound(960)
    line.push_audio(frame, 0.0, is_speech=True)
    slot = line.cut_slot()
    assert slot is not None and slot.frames[0] is frame


def test_rests_come_before_the_next_utterance() -> None:
    line = SpeechLine(25)
    line.push_audio(sound(960), 0.0, is_speech=True)
    line.close()
    mark = TextFrame("mark")
    line.push(mark)
    line.push_audio(sound(960), 0.0, is_speech=True)
    slots = cut_all(line)
    assert len(slots) == 2 and slots[0].utterance is not slots[1].utterance
    assert slots[1].frames[0] is mark


def test_another_rate_begins_another_utterance() -> None:
    line = SpeechLine(25)
    line.push_audio(sound(1000, 24_000), 0.0, is_speech=True)
    line.push_audio(sound(1000, 16_000), 0.0, is_speech=True)
    line.close()
    slots = cut_all(line)
    assert [s.utterance.rate_hz for s in slots] == [24_000, 24_000, 16_000, 16_000]


def test_when_it_would_have_been_heard_without_an_avatar() -> None:
    line = SpeechLine(25)
    line.push_audio(sound(2400), 10.0, is_speech=True)
    line.push_audio(sound(2400), 10.0, is_speech=True)
    line.push_audio(sound(2400), 12.0, is_speech=True)
    line.close()
    starts = [slot.direct_start_s for slot in cut_all(line)]
    assert np.allclose(starts[:5], [10, 10.04, 10.08, 10.12, 10.16])
    assert starts[5] == 12.0


def test_a_slot_of_several_frames_ends_where_sound_a_cue_or_the_speech_does() -> None:
    line = SpeechLine(25)
    line.push_audio(sound(960 * 5), 0.0, is_speech=True)
    first = line.cut_slot(4, ahead_ms=160)
    assert first is not None and (first.number, first.n_frames) == (0, 2), "160 ms before the end"
    line.push_cue(lambda: None)
    line.push_audio(sound(960 * 5 + 100), 0.0, is_speech=True)
    line.close()
    slots = [first]
    while (slot := line.cut_slot(4, ahead_ms=160)) is not None:
        slots.append(slot)
    assert [(slot.number, slot.n_frames) for slot in slots] == [
        (0, 2),
        (2, 3),
        (5, 4),
        (9, 1),
        (10, 1),
    ]
    assert [len(slot.cues) for slot in slots] == [0, 0, 1, 0, 0]
    assert [slot.end_sample for slot in slots] == [1920, 4800, 8640, 9600, 9700]


def test_feed_is_mono_and_complete() -> None:
    line = SpeechLine(25)
    frame = sound(5000, channels=2)
    line.push_audio(frame, 0.0, is_speech=True)
    line.close()
    slot = line.cut_slot()
    assert slot is not None
    feed = slot.utterance.feed
    orders = [feed.order(i, until, is_closed=True) for i, until in enumerate([960, 1920, 10_000])]
    parts = [part for order in orders for part in order.sound]
    told = [(order.begins, order.completes) for order in orders]
    assert told == [(True, False), (False, False), (False, True)]
    stereo = np.frombuffer(frame.audio, "<i2").reshape(-1, 2).astype(int)
    assert np.array_equal(np.concatenate(parts), stereo.sum(axis=1) // 2)
    sizes = [len(part) for part in parts]
    assert sizes == [960, 960, 2880, 200], "after the first, a few frames more than needed"


def test_cues_act_where_their_sound_is() -> None:
    line, log = SpeechLine(25), []
    line.push_cue(lambda: log.append("first"))
    line.push_audio(sound(2400), 0.0, is_speech=True)
    line.push_cue(lambda: log.append("second"), after_s=0.05)
    line.push_audio(sound(2400), 0.0, is_speech=True)
    line.close()
    cues = [[cue for cue in slot.cues] for slot in cut_all(line)]
    assert [len(c) for c in cues] == [1, 0, 0, 1, 0]
    for slot_cues in cues:
        for cue in slot_cues:
            cue.act()
    assert log == ["first", "second"]


def test_barge_in_keeps_only_what_must_be_heard() -> None:
    line = SpeechLine(25)
    line.push_audio(sound(3000), 0.0, is_speech=True)
    kept_sound = sound(1200)
    kept_sound.interruptible = False
    line.push_audio(kept_sound, 0.0, is_speech=True)
    kept_frame = TextFrame("kept")
    kept_frame.interruptible = False
    line.push(TextFrame("dropped"))
    line.push(kept_frame)
    slot = line.cut_slot()
    assert slot is not None
    at_once = line.interrupt(slot.frames, 5.0)
    assert at_once == []
    slots = cut_all(line)
    assert bytes_of([f for s in slots for f in s.frames]) == kept_sound.audio
    assert line.leave_head() == [kept_frame]
    assert slots[0].direct_start_s == 5.0


def test_barge_in_gives_frames_without_sound_at_once() -> None:
    line = SpeechLine(25)
    line.push_audio(sound(3000), 0.0, is_speech=True)
    kept = TextFrame("kept")
    kept.interruptible = False
    line.push(kept)
    assert line.interrupt([], 1.0) == [kept]
    assert line.is_empty
