"""The server with its client over loopback: conversations, controls, limits, shutdown."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import av
import numpy as np
import pytest
from fake_face import IDLE_LEVEL, brightness_of, tone
from fake_source import FakeSource
from server_rig import eventually, get, serving
from vasa_server.client import AvatarClient, Picture, ServerRefused, Sound, StreamItem, connect
from vasa_server.host.limits import ServerOptions
from vasa_server.host.server import AvatarServer
from vasa_server.protocol import messages as m
from websockets.exceptions import ConnectionClosed, InvalidStatus

from vasa_avatar.audio import VoiceResampler
from vasa_avatar.datatypes import I16, Emotion
from vasa_avatar.motion import Attention

pytestmark = pytest.mark.realtime

Runner = Callable[[Awaitable[None]], None]


async def until(client: AvatarClient, kind: type[m.Reply], count: int = 1) -> list[StreamItem]:
    """Everything up to and with the `count`th message of a kind."""
    items: list[StreamItem] = []
    async for item in client:
        items.append(item)
        count -= isinstance(item, kind)
        if count == 0:
            return items
    raise AssertionError(f"the stream ended without {kind.__name__}")


def voice_in(items: list[StreamItem]) -> I16:
    return np.concatenate([item.pcm_i16 for item in items if isinstance(item, Sound)])


def test_text_is_spoken_with_captions_and_pictures(source: FakeSource, run: Runner) -> None:
    async def work() -> None:
        async with serving(source) as server, connect(server.websocket_url) as client:
            assert [c.id for c in client.welcome.characters] == ["ada", "bob"]
            opened = await client.open("ada", size_px=128)
            assert (opened.sample_rate_hz, opened.fps, opened.size_px) == (24_000, 25, 128)
            number = await client.say("Hello there. <<nod>> How are you.")
            items = await until(client, m.UtteranceEnded)
            spoken = np.concatenate(
                [s.pcm_i16 for s in source.voice_of("ada").stream("Hello there. How are you.")]
            )
            assert np.array_equal(voice_in(items), spoken)
            start = next(i for i in items if isinstance(i, m.UtteranceStarted))
            end = items[-1]
            assert isinstance(end, m.UtteranceEnded)
            assert (start.utterance, end.utterance) == (number, number)
            assert end.sample - start.sample >= len(spoken)
            captions = [i.text for i in items if isinstance(i, m.Sentence)]
            assert captions == ["Hello there.", "How are you."]
            words = source.faces[-1].words
            texts = ["Hello", "there.", "<<nod:0.80>>", "How", "are", "you."]
            assert [word.text for word in words] == texts, "acted, not spoken"
            assert words[3].start_s == pytest.approx(0.4), "the second sentence follows the first"
            pictures = [i for i in items if isinstance(i, Picture)]
            assert pictures[0].decode().shape == (128, 128, 3)

    run(work())


def test_each_picture_belongs_to_its_sound(source: FakeSource, run: Runner) -> None:
    async def work() -> None:
        async with serving(source) as server, connect(server.websocket_url) as client:
            await client.open("ada", size_px=128)
            await client.push(np.concatenate([tone(0.4, level=1500), tone(0.4, level=14_000)]))
            await client.flush()
            items = await until(client, m.UtteranceEnded)
            items += [item async for item in _for(client, 0.3)]
            sounds = {i.sequence: i for i in items if isinstance(i, Sound)}
            checked = 0
            for picture in (i for i in items if isinstance(i, Picture)):
                level = int(picture.decode()[-1, -1, 0])
                if picture.is_speech:
                    sound = sounds[picture.sequence]
                    assert picture.sample == sound.sample
                    assert abs(level - brightness_of(sound.pcm_i16)) <= 3
                    checked += 1
                else:
                    assert abs(level - IDLE_LEVEL) <= 3
            assert checked >= 5  # of 20: those that would have been late are not drawn

    run(work())


async def _for(client: AvatarClient, seconds: float):  # type: ignore[no-untyped-def]
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        yield await anext(client)


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 44_100, 48_000])
def test_the_voice_keeps_its_own_rate_bit_for_bit(
    source: FakeSource, run: Runner, rate_hz: int
) -> None:
    async def work() -> None:
        async with serving(source) as server, connect(server.websocket_url) as client:
            await client.open("ada", size_px=128, sample_rate_hz=rate_hz)
            voice = tone(0.6, rate_hz)
            await client.push(voice)
            await client.flush()
            assert np.array_equal(voice_in(await until(client, m.UtteranceEnded)), voice)

    run(work())


def test_other_rates_are_resampled_on_arrival(source: FakeSource, run: Runner) -> None:
    async def work() -> None:
        async with serving(source) as server, connect(server.websocket_url) as client:
            await client.open("ada", size_px=128)
            voice = tone(0.6, 48_000)
            for first in range(0, len(voice), 777):
                await client.push(voice[first : first + 777], 48_000)
            await client.flush()
            got = voice_in(await until(client, m.UtteranceEnded))
            whole = VoiceResampler(48_000, 24_000)
            assert np.array_equal(got, np.concatenate([whole.push(voice), whole.flush()]))

    run(work())


def test_a_live_microphone_is_heard_whole_while_it_comes(source: FakeSource, run: Runner) -> None:
    """20 ms at a time, with jitter; the face must begin before the speech has ended."""

    async def work() -> None:
        async with serving(source) as server, connect(server.websocket_url) as client:
            await client.open("ada", size_px=128, source="realtime", leaps=True)
            assert source.faces[0].realtime
            voice = tone(0.8)

            async def speak() -> None:
                chance = np.random.default_rng(3)
                for first in range(0, len(voice), 480):
                    await client.push(voice[first : first + 480])
                    await asyncio.sleep(float(chance.uniform(0.0, 0.04)))
                await client.flush()

            speaking = asyncio.create_task(speak())
            items = await until(client, m.UtteranceStarted)
            assert not speaking.done()
            items += await until(client, m.UtteranceEnded)
            assert np.array_equal(voice_in(items), voice)
            sounds = [i for i in items if isinstance(i, Sound)]
            for before, after in zip(sounds, sounds[1:], strict=False):
                assert after.sample >= before.sample + len(before.pcm_i16)

    run(work())


def test_an_interruption_is_clean_and_speech_goes_on_after_it(
    source: FakeSource, run: Runner
) -> None:
    async def work() -> None:
        async with serving(source) as server, connect(server.websocket_url) as client:
            await client.open("ada", size_px=128)
            await client.say("one two three four five six seven eight nine ten. eleven. twelve.")
            await until(client, m.UtteranceStarted)
            await asyncio.sleep(0.3)
            interrupted = await client.interrupt()
            assert interrupted.generation == 1
            async for item in client:
                assert not isinstance(item, Sound)
                if isinstance(item, Picture):
                    assert item.generation == 1
                    assert item.sample == interrupted.sample
                    assert not item.is_speech
                    break
            await client.say("again.")
            items = await until(client, m.UtteranceEnded)
            assert len(voice_in(items)) == 4_800

    run(work())


def test_controls_and_states_reach_the_face(source: FakeSource, run: Runner) -> None:
    async def work() -> None:
        async with serving(source) as server, connect(server.websocket_url) as client:
            await client.open("ada", size_px=128, controls=m.ControlSettings(lip_gain=1.2))
            now = await client.set_controls(
                m.ControlSettings(gaze_yaw_deg=10.0, emotions={"happy": 0.5})
            )
            assert (now.lip_gain, now.gaze_yaw_deg) == (1.2, 10.0)
            await client.set_state("thinking")
            said = np.arange(480, dtype=np.int16)
            await client.hear(said, 48_000)
            face = source.faces[0]
            await eventually(lambda: bool(face.heard))
            assert face.controls.emotions == (Emotion("happy", 0.5),)
            assert face.controls.gaze_yaw_rad == pytest.approx(0.1745, abs=1e-3)
            assert face.attention is Attention.THINKING
            (heard, heard_hz) = face.heard[0]
            np.testing.assert_array_equal(heard, said)
            assert heard_hz == 48_000
            unchecked = m.ControlSettings.model_construct(head_yaw_deg=45.0)
            with pytest.raises(ServerRefused, match="head_yaw_deg is 45; expected") as refused:
                await client.set_controls(unchecked)
            assert refused.value.code == "bad_message"
            assert face.controls.head_yaw_rad == 0.0

    run(work())


def test_h264_reaches_the_client_decodable(source: FakeSource, run: Runner) -> None:
    async def work() -> None:
        async with serving(source) as server, connect(server.websocket_url) as client:
            await client.open("ada", size_px=256, codec="h264")
            await client.say("one two three.")
            items = await until(client, m.UtteranceEnded)
            pictures = [i for i in items if isinstance(i, Picture)]
            assert pictures[0].is_key
            decoder = av.codec.CodecContext.create("h264", "r")
            frames = [f for p in pictures for f in decoder.decode(av.Packet(p.data))]
            frames += decoder.decode(None)
            assert len(frames) == len(pictures)
            assert frames[0].width == 256

    run(work())


def test_requests_in_the_wrong_order_are_refused_and_harm_nothing(
    source: FakeSource, run: Runner
) -> None:
    async def work() -> None:
        async with serving(source) as server, connect(server.websocket_url) as client:
            for call, code in (
                (client.say("x"), "not_open"),
                (client.interrupt(), "not_open"),
                (client.stats(), "not_open"),
                (client.leave(), "not_open"),
                (client.open("nobody"), "unknown_character"),
                (client.open("ada", fps=24), "unsupported"),
                (client.open("ada", codec="h264", size_px=131), "unsupported"),
            ):
                with pytest.raises(ServerRefused) as refused:
                    await call
                assert refused.value.code == code
            assert server.context.sessions == 0
            await client.open("ada", size_px=128)
            with pytest.raises(ServerRefused) as refused:
                await client.open("bob")
            assert refused.value.code == "already_open"
            await client.leave()
            assert server.context.sessions == 0
            await client.open("bob", size_px=128)
            await client.say("fine.")
            await until(client, m.UtteranceEnded)

    run(work())


def test_text_that_cannot_be_spoken_is_an_error_and_the_next_one_is_spoken(
    source: FakeSource, run: Runner
) -> None:
    async def work() -> None:
        async with serving(source) as server, connect(server.websocket_url) as client:
            await client.open("ada", size_px=128)
            await client.say("unspeakable.")
            await client.say("fine.")
            items = await until(client, m.UtteranceEnded, 2)
            errors = [i for i in items if isinstance(i, m.Error)]
            assert [e.code for e in errors] == ["voice_failed"]
            assert len(voice_in(items)) == 4_800

    run(work())


def test_a_broken_renderer_costs_pictures_not_the_voice(source: FakeSource, run: Runner) -> None:
    async def work() -> None:
        async with serving(source) as server, connect(server.websocket_url) as client:
            await client.open("ada", size_px=128)
            source.trouble.is_drawing_broken = True
            voice = tone(0.8)
            await client.push(voice)
            await client.flush()
            items = await until(client, m.UtteranceEnded)
            assert np.array_equal(voice_in(items), voice)
            errors = [i for i in items if isinstance(i, m.Error)]
            assert [(e.code, e.fatal) for e in errors] == [("face_failed", False)]
            assert (await client.stats()).held_frames > 10

    run(work())


def test_two_clients_do_not_hear_each_other(source: FakeSource, run: Runner) -> None:
    async def work() -> None:
        async with (
            serving(source) as server,
            connect(server.websocket_url) as one,
            connect(server.websocket_url) as two,
        ):
            await one.open("ada", size_px=128)
            await two.open("bob", size_px=128)
            high, low = tone(0.6, hz=900.0), tone(0.6, hz=90.0)
            await one.push(high)
            await two.push(low)
            await one.flush()
            await two.flush()
            assert np.array_equal(voice_in(await until(one, m.UtteranceEnded)), high)
            assert np.array_equal(voice_in(await until(two, m.UtteranceEnded)), low)
            assert (await one.stats()).sessions == 2

    run(work())


def test_the_last_session_is_refused_and_free_again_after_a_leave(
    source: FakeSource, run: Runner
) -> None:
    async def work() -> None:
        async with (
            serving(source, max_sessions=1) as server,
            connect(server.websocket_url) as one,
            connect(server.websocket_url) as two,
        ):
            await one.open("ada", size_px=128)
            with pytest.raises(ServerRefused) as refused:
                await two.open("bob", size_px=128)
            assert refused.value.code == "busy"
            await one.leave()
            await two.open("bob", size_px=128)

    run(work())


def test_a_face_that_cannot_be_opened_frees_its_session(source: FakeSource, run: Runner) -> None:
    async def work() -> None:
        async with serving(source, max_sessions=1) as server, connect(server.websocket_url) as one:

            def fail() -> None:
                raise ValueError("the portrait is damaged")

            source.before_open = fail
            with pytest.raises(ServerRefused, match="damaged"):
                await one.open("ada", size_px=128)
            assert server.context.sessions == 0
            source.before_open = lambda: None
            await one.open("ada", size_px=128)

    run(work())


def test_too_much_speech_is_refused(source: FakeSource, run: Runner) -> None:
    async def work() -> None:
        async with (
            serving(source, max_pending_speech_s=1.1) as server,
            connect(server.websocket_url) as client,
        ):
            await client.open("ada", size_px=128)
            await client.push(tone(0.7))
            await client.push(tone(0.7))
            items = await until(client, m.Error)
            error = items[-1]
            assert isinstance(error, m.Error)
            assert error.code == "too_much_pending"
            await client.flush()
            items += await until(client, m.UtteranceEnded)
            assert np.array_equal(voice_in(items), tone(0.7))
            with pytest.raises(ServerRefused, match="characters"):
                await client.say("x" * 5_000)
            await client.push(tone(1.0))
            await client.interrupt()
            await client.push(tone(0.9))  # what was interrupted waits no more
            await client.flush()
            items = await until(client, m.UtteranceEnded, 2)
            assert not any(isinstance(item, m.Error) for item in items)
            assert np.array_equal(voice_in(items)[-len(tone(0.9)) :], tone(0.9))

    run(work())


def test_token_and_origin_are_asked_for(source: FakeSource, run: Runner) -> None:
    async def work() -> None:
        from websockets.asyncio.client import connect as raw
        from websockets.typing import Origin, Subprotocol

        async with serving(source, token="a-long-secret") as server:
            for attempt in (connect(server.websocket_url), connect(server.websocket_url, "wrong")):
                with pytest.raises(InvalidStatus) as refused:
                    async with attempt:
                        pass
                assert refused.value.response.status_code == 401
            async with connect(server.websocket_url, "a-long-secret") as client:
                await client.open("ada", size_px=128)
            offered = [Subprotocol("vasa.v1"), Subprotocol("vasa.token.a-long-secret")]
            async with raw(server.websocket_url, subprotocols=offered, proxy=None) as socket:
                assert socket.subprotocol == "vasa.v1"
            with pytest.raises(InvalidStatus) as refused:
                async with raw(
                    server.websocket_url,
                    subprotocols=offered,
                    origin=Origin("https://evil.example"),
                    proxy=None,
                ):
                    pass
            assert refused.value.response.status_code == 403
            assert server.page_url.endswith("/#token=a-long-secret")

    run(work())


def test_closing_lets_speech_end_and_tells_the_client(source: FakeSource, run: Runner) -> None:
    async def work() -> None:
        server = AvatarServer(source, ServerOptions(port=0, drain_s=5.0))
        await server.start()
        async with connect(server.websocket_url) as client:
            await client.open("ada", size_px=128)
            voice = tone(0.6)
            await client.push(voice)
            await client.flush()
            await until(client, m.UtteranceStarted)
            closing = asyncio.create_task(server.close())
            items = [item async for item in client]
            await closing
            codes = [i.code for i in items if isinstance(i, m.Error)]
            assert codes == ["shutting_down"]
            assert any(isinstance(i, m.UtteranceEnded) and not i.interrupted for i in items)
            assert isinstance([i for i in items if isinstance(i, m.Reply)][-1], m.Closed)
            with pytest.raises((ConnectionClosed, ConnectionError)):
                await client.say("x")
        assert server.context.sessions == 0

    run(work())


def test_the_page_is_served_with_its_safety_headers(source: FakeSource, run: Runner) -> None:
    async def work() -> None:
        async with serving(source) as server:
            status, head, body = await get(server.port, "/?character=ada")
            assert status == 200
            assert b"<!doctype html>" in body
            assert "default-src 'none'" in head
            assert "nosniff" in head
            etag = next(line for line in head.split("\r\n") if line.startswith("ETag")).split()[1]
            assert (await get(server.port, "/", f"If-None-Match: {etag}"))[0] == 304
            for name, kind in (("app.js", "text/javascript"), ("style.css", "text/css")):
                status, head, _ = await get(server.port, f"/{name}")
                assert (status, kind in head) == (200, True)
            assert (await get(server.port, "/healthz"))[2] == b"ok\n"
            for path in ("/../server.py", "/%2e%2e/server.py", "//etc/passwd", "/nothing"):
                assert (await get(server.port, path))[0] == 404
            assert (await get(server.port, "/ws"))[0] in (400, 426)

    run(work())


def test_nothing_on_the_page_comes_from_elsewhere(source: FakeSource) -> None:
    from vasa_server.host.pages import PageFiles

    for path, page in PageFiles()._pages.items():
        text = page.body.decode().replace('xmlns="http://www.w3.org/2000/svg"', "")
        assert "http://" not in text and "https://" not in text, path
