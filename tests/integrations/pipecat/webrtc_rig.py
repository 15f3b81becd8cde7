"""A bot on SmallWebRTC and an aiortc client in the same process, over loopback.

The voice is a row of beeps; pictures are white while a beep belongs under them. Compared is what
arrives: the packets of the first white picture against the packet that holds the beep's beginning.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import soxr
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError
from av import AudioFrame
from pipecat.frames.frames import EndFrame, Frame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.transports.base_transport import TransportParams
from pipecat.transports.smallwebrtc.connection import SmallWebRTCConnection
from pipecat.transports.smallwebrtc.transport import SmallWebRTCTransport
from pipecat.workers.runner import WorkerRunner
from pipecat_rig import Tap
from pipecat_vasa import VasaEngine, VasaVideoService, avatar_transport_params
from pipecat_vasa.engine import SessionOptions

from vasa_avatar.datatypes import I16, U8, AvatarFrame, FaceMotion
from vasa_avatar.session import AvatarStream, MotionFrame

RATE_HZ = 24_000
BEEP_EVERY_S = 0.84
"""21 pictures, and 50.4 refreshes of a screen at 60 Hz: all their phases come up alike"""
BEEP_S = 0.2
SIZE_PX = 128


def beeps(seconds: float) -> I16:
    """A 600 Hz tone of 0.2 s, 0.4 s into every 0.84 s; begins where video frames begin."""
    at = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    is_on = (at % BEEP_EVERY_S >= 0.4) & (at % BEEP_EVERY_S < 0.4 + BEEP_S)
    return (9000 * np.sin(2 * np.pi * 600 * at) * is_on).astype(np.int16)


class FlashRenderer:
    """A black picture; the session below turns it white."""

    size_px = SIZE_PX

    def render(self, motion: FaceMotion, out: U8 | None = None) -> U8:
        picture = np.zeros((SIZE_PX, SIZE_PX, 3), np.uint8) if out is None else out
        picture[:] = 16
        return picture


class FlashSession(AvatarStream):
    """White when the frame's own sound is a beep."""

    def render(self, frame: MotionFrame, out: U8 | None = None) -> AvatarFrame:
        drawn = super().render(frame, out)
        if len(frame.audio) and np.abs(frame.audio[: len(frame.audio) // 2]).max() > 4000:
            drawn.frame_rgb[:] = 235
        return drawn


@dataclass
class Received:
    """What the client got."""

    brightness: list[tuple[int, float]] = field(default_factory=list)
    """RTP time at 90 kHz since the first packet, mean grey"""
    sound: list[tuple[int, I16]] = field(default_factory=list)
    """RTP time at 48 kHz since the first packet, samples at 48 kHz"""
    arrivals: dict[str, list[tuple[float, int]]] = field(
        default_factory=lambda: {"audio": [], "video": []}
    )
    """of packets: seconds, RTP time"""
    messages: list[dict[str, Any]] = field(default_factory=list)
    keeps_pictures: bool = False
    lumas: list[U8] = field(default_factory=list)
    """(H, W) of every picture, if they are kept"""

    def flashes_s(self) -> list[float]:
        """When a white picture after a black one had arrived."""
        first = self.arrivals["video"][0][1]
        arrived = {(rtp - first) % 2**32: at for at, rtp in self.arrivals["video"]}
        pairs = zip(self.brightness[1:], self.brightness[:-1], strict=True)
        return [arrived[rtp] for (rtp, grey), (_, before) in pairs if grey > 128 >= before]

    def onsets_s(self) -> list[float]:
        """When a beep began: its RTP time, as the packets within half a second of it arrived.

        A sender that was held up goes on as late as it is then: that shifts the sound itself.
        """
        first_rtp = self.arrivals["audio"][0][1]
        rtp_s = np.array([(rtp - first_rtp) % 2**32 / 48_000 for _, rtp in self.arrivals["audio"]])
        delays_s = np.array([at for at, _ in self.arrivals["audio"]]) - rtp_s
        found: list[float] = []
        loud_at = -1.0
        for rtp, samples in self.sound:
            offset = float(np.median(delays_s[np.abs(rtp_s - rtp / 48_000) < 0.5]))
            for first in range(0, len(samples) - 95, 96):  # 2 ms
                at = (rtp + first) / 48_000 + offset
                if np.abs(samples[first : first + 96].astype(int)).max() > 3000:
                    if at - loud_at > 0.1:
                        found.append(at)
                    loud_at = at
        return found

    def skews_ms(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Flash against beep, + = the picture is late."""
        onsets = np.asarray(self.onsets_s())
        flashes = self.flashes_s()
        return np.asarray([1000 * min(f - onsets, key=abs) for f in flashes])


@dataclass
class Call:
    """A running bot with its caller."""

    avatar: VasaVideoService
    worker: PipelineWorker
    received: Received
    channel: Any
    tail: Tap

    async def send(self, *frames: Frame) -> None:
        """Push frames into the bot's pipeline."""
        for frame in frames:
            await self.worker.queue_frame(frame)

    async def until(self, is_so: Any, seconds: float = 30.0) -> None:
        """Wait for something to become true."""
        limit = time.monotonic() + seconds
        while not is_so():
            if time.monotonic() > limit:
                raise AssertionError("waited in vain")
            await asyncio.sleep(0.02)


class Microphone(AudioStreamTrack):
    """Silence at 48 kHz, and in it what `say` was given."""

    def __init__(self) -> None:
        super().__init__()
        self._said: deque[I16] = deque()
        self._began_s: float | None = None
        self._taken = 0

    def say(self, pcm_i16: I16, rate_hz: int) -> None:
        """Speak (N,) samples at `rate_hz` from now on."""
        wave = soxr.resample(pcm_i16.astype(np.float32) / 32_768, rate_hz, 48_000)
        samples = (np.clip(wave, -1, 1) * 32_767).astype(np.int16)
        self._said.extend(np.array_split(samples, max(1, len(samples) // 960)))

    async def recv(self) -> AudioFrame:
        """20 ms, when they are due."""
        now = time.monotonic()
        self._began_s = now if self._began_s is None else self._began_s
        await asyncio.sleep(max(0.0, self._began_s + self._taken / 48_000 - now))
        pcm = self._said.popleft() if self._said else np.zeros(960, np.int16)
        frame = AudioFrame.from_ndarray(pcm[None, :], format="s16", layout="mono")
        frame.sample_rate, frame.pts = 48_000, self._taken
        frame.time_base = Fraction(1, 48_000)
        self._taken += len(pcm)
        return frame


def _engine() -> VasaEngine:
    def open_session(options: SessionOptions) -> AvatarStream:
        return FlashSession(
            None,
            sample_rate_hz=options.sample_rate_hz,
            fps=options.fps,
            realtime=options.realtime,
            controls=options.controls,
            seed=options.seed,
            renderer=FlashRenderer(),
        )

    engine = VasaEngine(open_session, size_px=SIZE_PX, threads=2)
    engine.warm_up()
    return engine


def _watch_packets(receiver: Any, kind: str, received: Received) -> None:
    handle = receiver._handle_rtp_packet

    async def watched(packet: Any, arrival_time_ms: int) -> None:
        received.arrivals[kind].append((time.monotonic(), packet.timestamp))
        await handle(packet, arrival_time_ms=arrival_time_ms)

    receiver._handle_rtp_packet = watched


async def _collect(track: Any, received: Received) -> None:
    try:
        while True:
            frame = await track.recv()
            if track.kind == "video":
                luma = frame.reformat(format="gray").to_ndarray()
                received.brightness.append((frame.pts, float(luma.mean())))
                if received.keeps_pictures:
                    received.lumas.append(luma)
            else:
                stereo = frame.to_ndarray().reshape(-1, 2)
                received.sound.append((frame.pts, stereo[:, 0].copy()))
    except (MediaStreamError, asyncio.CancelledError):
        return


@asynccontextmanager
async def dialling(
    connection: SmallWebRTCConnection,
    microphone: AudioStreamTrack | None = None,
    *,
    keeps_pictures: bool = False,
) -> AsyncIterator[tuple[Received, Any]]:
    """A client that calls a bot's connection: what it receives, and its data channel."""
    client, received = RTCPeerConnection(), Received(keeps_pictures=keeps_pictures)
    channel = client.createDataChannel("chat")
    channel.on("message", lambda text: _keep_message(received, text))
    client.addTransceiver(microphone or AudioStreamTrack(), "sendrecv")
    client.addTransceiver("video", "recvonly")
    collectors: list[asyncio.Task[None]] = []

    @client.on("track")
    def on_track(track: Any) -> None:
        collectors.append(asyncio.create_task(_collect(track, received)))

    await client.setLocalDescription(await client.createOffer())
    await connection.initialize(client.localDescription.sdp, client.localDescription.type)
    answer = connection.get_answer()
    await client.setRemoteDescription(RTCSessionDescription(answer["sdp"], answer["type"]))
    for transceiver in client.getTransceivers():
        _watch_packets(transceiver.receiver, transceiver.kind, received)
    try:
        yield received, channel
    finally:
        for task in collectors:
            task.cancel()
        await client.close()
        await connection.disconnect()


@asynccontextmanager
async def calling(
    engine: VasaEngine | None = None, *, keeps_pictures: bool = False, **service: Any
) -> AsyncIterator[Call]:
    """Connect a client to a bot whose pipeline is [input, avatar, output]."""
    engine = engine or _engine()
    connection = SmallWebRTCConnection()
    params = {**avatar_transport_params(engine), "audio_out_end_silence_secs": 0}
    transport = SmallWebRTCTransport(
        webrtc_connection=connection, params=TransportParams(audio_in_enabled=True, **params)
    )
    avatar, tail = VasaVideoService(engine, **service), Tap()
    worker = PipelineWorker(
        Pipeline([transport.input(), avatar, transport.output(), tail]),
        cancel_on_idle_timeout=False,
        params=PipelineParams(audio_out_sample_rate=RATE_HZ, enable_metrics=True),
    )
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    run = asyncio.create_task(runner.run())
    try:
        async with dialling(connection, keeps_pictures=keeps_pictures) as (received, channel):
            call = Call(avatar, worker, received, channel, tail)
            await call.until(lambda: len(received.brightness) > 10 and channel.readyState == "open")
            yield call
            await worker.queue_frame(EndFrame())
            await asyncio.wait_for(run, 30)
    finally:
        if not run.done():
            await worker.cancel()
            await asyncio.wait_for(run, 20)
        engine.close()


def _keep_message(received: Received, text: Any) -> None:
    try:
        received.messages.append(json.loads(text))
    except ValueError:
        return  # a ping
