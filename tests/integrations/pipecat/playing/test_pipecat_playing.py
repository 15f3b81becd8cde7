"""Speech through a real pipeline: complete, in order, in step with the pictures. Bounds on time are
wide, machines differ; tests/bench/bench_pipecat.py measures."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np
import pytest
from pipecat.frames.frames import (
    EndFrame,
    LLMFullResponseEndFrame,
    OutputAudioRawFrame,
    OutputImageRawFrame,
    TextFrame,
    TTSAudioRawFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
    TTSTextFrame,
)
from pipecat.tests.utils import SleepFrame, run_test
from pipecat_rig import RATE_HZ, PlainRenderer, Rig, make_engine, now_s, running, staircase
from pipecat_vasa import VasaVideoService
from virtual_time import run_virtual

WIDE_MS = 60.0


def heard_steps(rig: Rig) -> list[int]:
    """The steps of the staircase that were heard, without repeats."""
    steps: list[int] = []
    for piece in rig.record.heard:
        for value in np.unique(piece.pcm):
            if value and (not steps or steps[-1] != value):
                steps.append(int(value))
    return steps


async def play_and_check(send: Callable[[Rig], Awaitable[None]], **rig_options: Any) -> Rig:
    async with running(**rig_options) as rig:
        await rig.until(lambda: len(rig.record.seen) > 5)
        await send(rig)
        await rig.until(lambda: rig.bot_stops() == 1)
    assert not rig.errors()
    return rig


async def in_real_time(rig: Rig) -> None:
    begin = now_s()
    await rig.speak(
        staircase(1.5),
        chunk_s=0.02,
        pace=lambda i: max(0.0, begin + 0.02 * i - now_s()),
    )


@pytest.mark.parametrize(
    ("send", "options"),
    [
        (lambda rig: rig.speak(staircase(1.5)), {}),
        (in_real_time, {"realtime": True}),
        (lambda rig: rig.speak(staircase(1.5), pace=lambda i: 0.6 if i == 6 else 0.02), {}),
        (lambda rig: rig.speak(staircase(1.5), chunk_s=0.033), {"fps": 30}),
        (lambda rig: rig.speak(staircase(1.5)), {"params": {"audio_out_10ms_chunks": 4}}),
    ],
    ids=["burst", "real-time", "stutter", "30 fps", "40 ms chunks"],
)
def test_voice_is_whole_and_pictures_are_in_step(
    send: Callable[[Rig], Awaitable[None]], options: dict[str, Any]
) -> None:
    rig = run_virtual(play_and_check(send, **options))
    assert heard_steps(rig) == list(range(1, 151))
    skews = rig.record.skews_ms()
    assert len(skews) > 25
    assert abs(float(np.median(skews))) < WIDE_MS
    assert rig.bot_starts() == 1


@pytest.mark.parametrize("rate_hz", [16_000, 22_050, 48_000])
def test_another_rate_is_passed_on_as_it_came(rate_hz: int) -> None:
    pcm = staircase(1.0, rate_hz)
    rig = run_virtual(play_and_check(lambda rig: rig.speak(pcm, rate_hz=rate_hz)))
    frames = rig.after.frames(TTSAudioRawFrame)
    assert b"".join(frame.audio for frame in frames) == pcm.tobytes()
    assert {frame.sample_rate for frame in frames} == {rate_hz}
    assert {frame.context_id for frame in frames} == {"one"}
    assert len(rig.record.first_shown()) > 15
    assert abs(float(np.median(rig.record.skews_ms()))) < WIDE_MS


def test_stereo_stays_stereo() -> None:
    pcm = np.repeat(staircase(0.6), 2)

    async def send(rig: Rig) -> None:
        frame = TTSAudioRawFrame(pcm.tobytes(), RATE_HZ, 2, context_id="two")
        await rig.send(TTSStartedFrame(), frame, TTSStoppedFrame())

    rig = run_virtual(play_and_check(send, params={"audio_out_channels": 2}))
    frames = rig.after.frames(TTSAudioRawFrame)
    assert b"".join(frame.audio for frame in frames) == pcm.tobytes()
    assert {frame.num_channels for frame in frames} == {2}
    assert rig.record.first_shown()


def test_everything_keeps_its_place_and_the_stop_comes_last() -> None:
    async def send(rig: Rig) -> None:
        pcm = staircase(0.5)
        await rig.speak(pcm, stop=False)
        await rig.send(TextFrame("in between"))
        await rig.speak(staircase(0.5, first_step=50), stop=False)
        await rig.send(TTSStoppedFrame(context_id="one"), LLMFullResponseEndFrame())
        await rig.send(TextFrame("afterwards"))

    rig = run_virtual(play_and_check(send))
    kinds = (OutputAudioRawFrame, TextFrame, TTSStoppedFrame, LLMFullResponseEndFrame)
    passed = rig.after.frames(*kinds)
    samples, places = 0, {}
    for frame in passed:
        if isinstance(frame, OutputAudioRawFrame):
            samples += frame.num_frames
        else:
            places[getattr(frame, "text", type(frame).__name__)] = samples
    assert places == {
        "in between": RATE_HZ // 2,
        "TTSStoppedFrame": RATE_HZ,
        "LLMFullResponseEndFrame": RATE_HZ,
        "afterwards": RATE_HZ,
    }
    pictures = [f for f in rig.after.frames(OutputImageRawFrame) if f.image[0] == 1]
    assert len(pictures) <= 26
    assert all(picture.sync_with_audio for picture in pictures)


def test_words_move_with_the_voice() -> None:
    async def send(rig: Rig) -> None:
        clock = rig.avatar.get_clock()
        await rig.send(TTSStartedFrame(context_id="one"))
        pcm = staircase(1.2)
        chunk = TTSAudioRawFrame(pcm[: RATE_HZ // 5].tobytes(), RATE_HZ, 1, context_id="one")
        base = clock.get_time()
        await rig.send(chunk)
        for i, word in enumerate(["zero", "three", "six"]):
            text = TTSTextFrame(word, text_type="word")
            text.pts = base + i * 300_000_000
            await rig.send(text)
        rest = TTSAudioRawFrame(pcm[RATE_HZ // 5 :].tobytes(), RATE_HZ, 1, context_id="one")
        await rig.send(rest, TTSStoppedFrame(context_id="one"))

    renderer = PlainRenderer()
    renderer.seconds = 0.06  # so that the voice begins late
    rig = run_virtual(play_and_check(send, renderer=renderer))
    voice_s = rig.record.heard_at()[1]
    words = [(at, f.text) for at, f in rig.end.down if isinstance(f, TTSTextFrame)]
    assert [word for _, word in words] == ["zero", "three", "six"]
    for i, (at, _) in enumerate(words):
        assert abs(at - (voice_s + 0.3 * i)) < 0.06


def test_an_earlier_word_does_not_wait_behind_a_later_one() -> None:
    async def send(rig: Rig) -> None:
        base = rig.avatar.get_clock().get_time()

        async def word(text: str, at_ms: int) -> None:
            frame = TTSTextFrame(text, text_type="word")
            frame.pts = base + at_ms * 1_000_000
            await rig.send(frame)

        await rig.speak(staircase(0.4), stop=False)  # late, behind its first picture
        await word("late", 2300)
        await asyncio.sleep(2.0)
        rig.renderer.seconds = 0.0
        await rig.speak(staircase(0.4, first_step=40), stop=False)
        await word("early", 2250)
        await rig.send(TTSStoppedFrame(context_id="one"))

    renderer = PlainRenderer()
    renderer.seconds = 0.09
    rig = run_virtual(play_and_check(send, renderer=renderer))
    words = [(at, f.text) for at, f in rig.end.down if isinstance(f, TTSTextFrame)]
    assert [word for _, word in words] == ["early", "late"]
    assert words[0][0] - rig.record.heard_at()[41] == pytest.approx(0.25, abs=0.05)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("sizes", [(4095, 1, 4096), (4063, 1697), (1,), (3, 5001)])
def test_chunks_cut_inside_a_sample_are_joined(sizes: tuple[int, ...], channels: int) -> None:
    pcm = np.repeat(staircase(1.0), channels).tobytes()

    async def send(rig: Rig) -> None:
        await rig.send(TTSStartedFrame(context_id="one"))
        first, turn = 0, 0
        while first < len(pcm):
            size = sizes[turn % len(sizes)] if len(sizes) > 1 or first < 9 else 2001
            part = pcm[first : first + size]
            await rig.send(TTSAudioRawFrame(part, RATE_HZ, channels, context_id="one"))
            first, turn = first + size, turn + 1
        await rig.send(TTSStoppedFrame(context_id="one"))

    rig = run_virtual(play_and_check(send, params={"audio_out_channels": channels}))
    frames = rig.after.frames(TTSAudioRawFrame)
    assert b"".join(frame.audio for frame in frames) == pcm
    assert all(len(frame.audio) == frame.num_frames * 2 * channels for frame in frames)
    assert heard_steps(rig) == list(range(1, 101))
    shown = [picture.step for picture in rig.record.first_shown()]
    assert set(shown) <= set(range(1, 101)) and len(shown) > 15, "the mouth hears the same sound"


def test_late_sound_after_the_stop_is_played() -> None:
    async def go() -> Rig:
        async with running() as rig:
            await rig.speak(staircase(0.4))
            await rig.speak(staircase(0.4, first_step=40))
            await rig.until(lambda: rig.bot_stops() >= 1 and len(heard_steps(rig)) == 80)
        return rig

    assert heard_steps(run_virtual(go())) == list(range(1, 81))


def test_sound_without_a_stop_is_played_to_its_end() -> None:
    async def go() -> Rig:
        async with running() as rig:
            await rig.speak(staircase(0.26), stop=False)
            await rig.until(lambda: len(heard_steps(rig)) == 26)
            await rig.until(lambda: rig.avatar.stats.frames_idle > 3)
        return rig

    run_virtual(go())


def test_the_end_waits_for_the_last_word() -> None:
    async def go() -> Rig:
        async with running() as rig:
            await rig.speak(staircase(1.0))
        return rig  # leaving sends EndFrame at once

    rig = run_virtual(go())
    assert heard_steps(rig) == list(range(1, 101))
    assert len(rig.record.first_shown()) > 15
    assert rig.end.frames(EndFrame)


def test_it_lives_while_it_is_silent() -> None:
    async def go() -> Rig:
        async with running() as rig:
            await asyncio.sleep(1.2)
        return rig

    rig = run_virtual(go())
    idle = rig.after.frames(OutputImageRawFrame)
    assert 10 < len(idle) < 40
    assert not [picture for picture in rig.record.seen if picture.is_speech]


def test_other_sound_passes_with_a_resting_mouth() -> None:
    async def send(rig: Rig) -> None:
        pcm = staircase(0.4)
        await rig.send(OutputAudioRawFrame(pcm.tobytes(), RATE_HZ, 1))
        await rig.until(lambda: len(heard_steps(rig)) == 40)

    async def go() -> Rig:
        async with running() as rig:
            await send(rig)
        return rig

    assert type(run_virtual(go()).after.frames(OutputAudioRawFrame)[0]) is OutputAudioRawFrame


def test_it_works_without_a_transport_behind_it() -> None:
    engine = make_engine(PlainRenderer())
    pcm = staircase(0.5)
    sound = TTSAudioRawFrame(pcm.tobytes(), RATE_HZ, 1, context_id="x")
    down, up = run_virtual(
        run_test(
            VasaVideoService(engine),
            frames_to_send=[TTSStartedFrame(), sound, TTSStoppedFrame(), SleepFrame(sleep=0.8)],
        )
    )
    engine.close()
    assert b"".join(f.audio for f in down if isinstance(f, TTSAudioRawFrame)) == pcm.tobytes()
    assert len([f for f in down if isinstance(f, OutputImageRawFrame)]) >= 10
    assert isinstance(down[-1], TTSStoppedFrame | OutputImageRawFrame)
    assert not up


def test_cleanup_may_be_repeated() -> None:
    async def go() -> None:
        async with running() as rig:
            await rig.speak(staircase(0.2))
        await rig.avatar.cleanup()
        await rig.avatar.cleanup()

    run_virtual(go())


def test_several_calls_share_an_engine() -> None:
    async def one(first_step: int) -> Rig:
        return await play_and_check(lambda rig: rig.speak(staircase(1.0, first_step=first_step)))

    async def go() -> list[Rig]:
        return await asyncio.gather(*(one(1000 * i) for i in range(3)))

    for i, rig in enumerate(run_virtual(go())):
        assert heard_steps(rig) == [1000 * i + step for step in range(1, 101)]
        assert len(rig.record.first_shown()) > 10
