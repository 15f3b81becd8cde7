"""LiveKit's AvatarRunner, AVSynchronizer and queue with a face, in virtual time."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from livekit import rtc
from livekit_rig import RATE, Call, a_call, counted, frames_of
from virtual_time import run_virtual, virtual_loop

BURST = (0.0,)
REAL_TIME = (0.1,)
STUTTER = (0.0, 0.0, 0.25, 0.02, 0.9, 0.0, 0.13)


def check_sync(call: Call) -> None:
    """The bars: mean within 20 ms, worst 60."""
    skews_ms = call.sources.skews_ms()
    assert len(skews_ms) > 20
    assert abs(skews_ms.mean()) <= 20 and np.abs(skews_ms).max() <= 60, skews_ms


@pytest.mark.parametrize("pauses_s", [BURST, REAL_TIME, STUTTER], ids=["burst", "real", "stutter"])
@pytest.mark.parametrize("n_samples", [RATE, 23_457])
def test_all_is_heard_once_with_its_pictures_and_one_end(
    monkeypatch: pytest.MonkeyPatch, pauses_s: tuple[float, ...], n_samples: int
) -> None:
    async def work() -> None:
        async with a_call(monkeypatch) as call:
            await call.say(counted(n_samples), pauses_s)
            await asyncio.sleep(2.0)
            np.testing.assert_array_equal(call.sources.speech(), counted(n_samples))
            check_sync(call)
            ((end_s, finished),) = call.finished
            assert finished.playback_position == pytest.approx(n_samples / RATE)
            assert not finished.interrupted
            last_s = max(call.sources.heard_at_s().values())
            assert 0.0 <= end_s - last_s < 0.0101, "not before the last sample, nor long after"
            (started_s,) = call.started_s
            assert started_s == pytest.approx(min(call.sources.heard_at_s().values()))

    run_virtual(work())


def test_resampled_speech_keeps_in_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """A voice of 22.05 kHz, resampled as the agent session does it."""

    async def work() -> None:
        async with a_call(monkeypatch) as call:
            resampler = rtc.AudioResampler(22_050, RATE, num_channels=1)
            tone = np.sin(np.arange(3 * 22_050) / 9) * 9000 + 10_000
            n_samples = 0
            for frame in frames_of(tone.astype(np.int16), 22_050):
                for out in resampler.push(frame):
                    n_samples += out.samples_per_channel
                    await call.output.capture_frame(out)
                await asyncio.sleep(0.05)
            for out in resampler.flush():
                n_samples += out.samples_per_channel
                await call.output.capture_frame(out)
            call.output.flush()
            await asyncio.sleep(3.5)
            ((_, finished),) = call.finished
            assert finished.playback_position == pytest.approx(n_samples / RATE)
            assert sum(len(samples) for _, samples in call.sources.heard) == pytest.approx(
                n_samples, abs=RATE // 100
            )
            assert n_samples == pytest.approx(3 * RATE, rel=0.01)

    run_virtual(work())


@pytest.mark.parametrize("rate_hz", [16_000, 22_050, 44_100, 48_000])
@pytest.mark.parametrize("pause_s", [0.0, 0.1], ids=["burst", "as fast as it is heard"])
def test_pictures_of_resampled_speech_come_when_it_is_heard(
    monkeypatch: pytest.MonkeyPatch, rate_hz: int, pause_s: float
) -> None:
    """A voice whose loudness rises all the time: a sample tells its place at any rate."""

    async def work() -> None:
        async with a_call(monkeypatch) as call:
            resampler = rtc.AudioResampler(rate_hz, RATE, num_channels=1)
            ramp = np.linspace(1_000, 31_000, 3 * rate_hz).astype(np.int16)
            for frame in frames_of(ramp, rate_hz):
                for out in resampler.push(frame):
                    await call.output.capture_frame(out)
                await asyncio.sleep(pause_s)
            for out in resampler.flush():
                await call.output.capture_frame(out)
            call.output.flush()
            await asyncio.sleep(3.5)
            heard = [
                (begin_s + at / RATE, int(value))
                for begin_s, samples in call.sources.heard
                for at, value in enumerate(samples)
            ]
            top = max(range(len(heard)), key=lambda at: heard[at][1])  # a resampler's end swings
            times, values = zip(*heard[:top], strict=True)
            seen = [(at_s, value) for at_s, value in call.sources.seen if at_s < times[-1]]
            skews_ms = [
                1e3 * (at_s - np.interp(value, values, times))
                for at_s, value in seen
                if 3_000 < value < 29_000
            ]
            assert len(skews_ms) > 50
            assert abs(np.mean(skews_ms)) <= 20 and np.abs(skews_ms).max() <= 60
            assert len(call.finished) == 1

    run_virtual(work())


def test_barge_in_silences_voice_and_mouth_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        async with a_call(monkeypatch) as call:
            await call.say(counted(RATE))
            await asyncio.sleep(0.517)
            now_s = virtual_loop().time()
            call.output.clear_buffer()
            await asyncio.sleep(1.0)
            heard = call.sources.speech()
            np.testing.assert_array_equal(heard, counted(RATE)[: len(heard)])
            last_s = max(call.sources.heard_at_s().values())
            assert last_s - now_s < 0.010
            seen_after = [(at_s, number) for at_s, number in call.sources.seen if at_s > now_s]
            assert seen_after[0][0] - now_s <= 0.070
            assert {number for _, number in seen_after} == {0}
            ((_, finished),) = call.finished
            assert finished.interrupted
            assert finished.playback_position == pytest.approx(len(heard) / RATE, abs=0.002)
            await call.say(counted(RATE))
            await asyncio.sleep(1.5)
            assert len(call.finished) == len(call.started_s) == 2
            assert call.finished[1][1].playback_position == pytest.approx(1.0)
            assert len(call.sources.speech()) == len(heard) + RATE

    run_virtual(work())


@pytest.mark.parametrize("after_s", np.arange(0.0, 1.3, 0.0137).tolist())
def test_every_segment_ends_once_whenever_it_is_cleared(
    monkeypatch: pytest.MonkeyPatch, after_s: float
) -> None:
    """Also before a frame was read, as the last sample is heard, twice in a row, and followed at
    once by the next segment."""

    async def work() -> None:
        async with a_call(monkeypatch) as call:
            first = list(frames_of(counted(RATE)))
            for frame in first[:7]:
                await call.output.capture_frame(frame)
            if after_s:
                await asyncio.sleep(after_s)
            call.output.flush()
            call.output.clear_buffer()
            call.output.clear_buffer()
            await call.say(counted(RATE // 2, 17_000))
            await asyncio.sleep(2.0)
            ends = [event for _, event in call.finished]
            assert len(ends) == 2
            assert [event.interrupted for event in ends] == [True, False]
            assert ends[1].playback_position == pytest.approx(0.5)
            heard = call.sources.speech()
            second = heard[heard > 17_000]
            np.testing.assert_array_equal(second, counted(RATE // 2, 17_000))
            n_first = len(heard) - len(second)
            assert ends[0].playback_position == pytest.approx(n_first / RATE, abs=0.002)

    run_virtual(work())


def test_a_loop_that_stands_still_costs_pictures_not_lips(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        async with a_call(monkeypatch) as call:
            await call.say(counted(RATE))
            for _ in range(4):
                await asyncio.sleep(0.17)
                virtual_loop().spend(0.13)  # somebody's code on the loop
            await asyncio.sleep(1.5)
            np.testing.assert_array_equal(call.sources.speech(), counted(RATE))
            skews_ms = call.sources.skews_ms()
            assert 8 < len(skews_ms) < 25
            assert np.abs(skews_ms).max() <= 60, skews_ms
            assert len(call.finished) == 1

    run_virtual(work())


def test_segments_that_wait_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three at once, one of them a single frame; each has its own end and position."""

    async def work() -> None:
        async with a_call(monkeypatch) as call:
            for first, n_samples in ((0, 9_600), (9_600, 960), (10_560, 7_000)):
                await call.say(counted(n_samples, first))
            await asyncio.sleep(2.0)
            positions = [event.playback_position for _, event in call.finished]
            assert positions == pytest.approx([0.4, 0.04, 7_000 / RATE])
            assert len(call.started_s) == 3
            np.testing.assert_array_equal(call.sources.speech(), counted(17_560))

    run_virtual(work())


def test_nothing_is_lost_before_somebody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        async with a_call(monkeypatch, is_heard=False) as call:
            await call.say(counted(RATE))
            await asyncio.sleep(3.0)
            assert not call.sources.heard and not call.started_s
            call.room.has_listener.set()
            await asyncio.sleep(1.5)
            check_sync(call)
            np.testing.assert_array_equal(call.sources.speech(), counted(RATE))
            assert call.room.published == [
                rtc.TrackSource.SOURCE_MICROPHONE,
                rtc.TrackSource.SOURCE_CAMERA,
            ]

    run_virtual(work())


def test_a_frame_of_another_rate_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        async with a_call(monkeypatch) as call:
            with pytest.raises(ValueError, match="16000 Hz; expected 24000 Hz"):
                await call.output.capture_frame(rtc.AudioFrame(b"\0\0" * 160, 16_000, 1, 160))

    run_virtual(work())


@pytest.mark.slow
def test_ten_minutes_without_drift(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        async with a_call(monkeypatch) as call:
            segment = counted(25_000)
            for _ in range(600):
                call.sources.heard.clear()
                call.sources.seen.clear()
                await call.say(segment, (0.0, 0.0, 0.31))
                await call.output.wait_for_playout()
                check_sync(call)
                np.testing.assert_array_equal(call.sources.speech(), segment)
            assert len(call.finished) == 600

    run_virtual(work())
