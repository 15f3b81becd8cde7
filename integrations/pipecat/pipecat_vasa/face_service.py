"""What a face between the TTS and the output transport does, however it is shown.

VasaVideoService shows pictures, VasaMotionService sends motion to a client that draws.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from loguru import logger
from pipecat.frames.frames import (
    AggregatedTextFrame,
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    CancelFrame,
    EndFrame,
    Frame,
    InputAudioRawFrame,
    InterruptionFrame,
    LLMFullResponseStartFrame,
    MetricsFrame,
    OutputAudioRawFrame,
    OutputTransportReadyFrame,
    StartFrame,
    StopFrame,
    SystemFrame,
    TTSTextFrame,
    UserBackchannelFrame,
    UserSpeakingFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessorSetup
from pipecat.processors.frameworks.rtvi import RTVIClientMessageFrame, RTVIServerResponseFrame
from pipecat.services.ai_service import AIService
from pipecat.services.settings import ServiceSettings
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import TransportParams
from pipecat.utils.errors import ErrorCategory
from pipecat.utils.text.base_text_aggregator import TextType

from pipecat_vasa.engine import SESSION_RATE_HZ, SessionOptions, VasaEngine
from pipecat_vasa.playing.depiction import Depiction
from pipecat_vasa.playing.frame_renderer import FrameRenderer
from pipecat_vasa.playing.meter import Meter, VasaMetricsData
from pipecat_vasa.playing.player import Hooks, Player
from pipecat_vasa.playing.playout import BeginSpeech, GiveUp, Playout, is_speech
from pipecat_vasa.playing.timeline import PlayoutOptions
from pipecat_vasa.playing.transport_check import find_output_transport, params_of
from pipecat_vasa.spans import FaceSpans
from pipecat_vasa.steering.client_messages import (
    FEEL,
    GET,
    SET,
    answer_of,
    wanted_change,
    wanted_feeling,
)
from pipecat_vasa.steering.mind import Mind, heard_sound
from pipecat_vasa.steering.settings import (
    VasaFeelFrame,
    VasaUpdateSettingsFrame,
    VasaVideoSettings,
    check_delta,
    controls_of,
    known_feeling,
    profile_settings,
)
from pipecat_vasa.steering.spoken_tags import SpokenTags
from pipecat_vasa.steering.tag_processor import VasaEmotionTagsFrame
from vasa_avatar.performance_style import PerformanceStyle
from vasa_avatar.profiles import EmotionSettings

METRICS_EVERY_S = 5.0
SESSION_OPENS_WITHIN_S = 0.2  # faces that speak go first


class FaceService(AIService):
    """Voice in, the same voice and its face out; a child says what the face becomes."""

    Settings = VasaVideoSettings
    _settings: VasaVideoSettings
    _is_drawn = True
    """False: the caller draws; the engine's sessions have no pictures"""

    def __init__(
        self,
        engine: VasaEngine,
        *,
        settings: VasaVideoSettings | None = None,
        realtime: bool = False,
        lead_ms: int = 160,
        seed: int = 0,
        language: str | None = None,
        style: PerformanceStyle | None = None,
        **kwargs: Any,
    ) -> None:
        """Prepare a session's service; cheap, the engine holds everything heavy.

        Args:
            engine: a loaded VasaEngine, shared by all services of the process.
            settings: what differs from the character's own manner.
            realtime: sound comes as fast as it is played, as from a microphone; a TTS runs ahead.
            lead_ms: how far ahead of what is heard sound is handed to the transport.
            seed: of the small movements; the same seed gives the same ones.
            language: of what is said, as a tag such as "en" or "pt-BR": its words are acted out;
                the character's own when None.
            style: how the character performs by nature; as its profile says when None.
            **kwargs: for AIService.
        """
        complete = profile_settings(engine.profile)
        self.emotions = EmotionSettings() if engine.profile is None else engine.profile.emotions
        if settings is not None:
            check_delta(settings, self.emotions)
            complete.apply_update(settings)
        super().__init__(settings=complete, **kwargs)
        self._engine, self._realtime, self._lead_ms, self._seed = engine, realtime, lead_ms, seed
        self._language, self._style = language, style
        self._meter = Meter()
        self._mind = Mind(complete, seed, self.emotions)
        self._spoken_tags = SpokenTags()
        self._rate_hz = SESSION_RATE_HZ
        self._renderer: FrameRenderer | None = None
        self._player: Player | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._depiction = self._new_depiction()
        self._spans = FaceSpans(False, None)

    def can_generate_metrics(self) -> bool:
        """Yes: TTFB and VasaMetricsData."""
        return True

    @property
    def stats(self) -> VasaMetricsData:
        """The figures now."""
        return self._meter.report(self.name)

    # What a child says of how its face is shown.

    def _new_depiction(self) -> Depiction:
        """What a frame of the face becomes."""
        raise NotImplementedError

    def _problems_of(self, params: TransportParams) -> tuple[list[str], list[str]]:
        """What is wrong with the transport: what shows nothing, and what is only worse."""
        raise NotImplementedError

    def _watch_transport(self, transport: BaseOutputTransport | None) -> None:
        """The pipeline is put together, and no caller's track has been made or read."""

    def _watch_sync(self) -> None:
        """Figures are wanted."""

    def _stills(self) -> list[Frame]:
        """What is shown when rendering has failed for good."""
        return []

    # Life cycle.

    async def setup(self, setup: FrameProcessorSetup) -> None:  # type: ignore[override]  # as Pipecat
        """Open the engine session; light, as the engine is loaded."""
        await super().setup(setup)
        self._spans = FaceSpans(self._tracing_enabled, self._tracing_context)
        self._watch_transport(find_output_transport(self))
        self._rate_hz = setup.audio_out_sample_rate
        self._renderer = self._new_renderer()
        opening = self._engine.submit(self._renderer.open, SESSION_OPENS_WITHIN_S)
        await asyncio.wrap_future(opening)

    async def start(self, frame: StartFrame) -> None:
        """Check the transport and start rendering and playing."""
        await super().start(frame)
        played_rate_hz = await self._check_transport()
        size_px, session = self._engine.size_px, self._session_options()
        self._spans.begin_session(session.fps, size_px, session.is_drawn)
        at_once = self._depiction.frames_at_once
        options = PlayoutOptions(session, size_px, self._lead_ms, played_rate_hz, at_once)
        hooks = Hooks(
            push=self.push_frame,
            new_renderer=self._new_renderer,
            next_mood=lambda: self._mind.next_mood(self._now_s()),
            tell=self._hear,
        )
        renderer = self._renderer or self._new_renderer()
        playout = Playout(options, self._meter, self._depiction)
        self._player = Player(self._engine, renderer, playout, hooks)
        self._tasks = [self.create_task(self._player.run(), name="play")]
        if self.metrics_enabled:
            self._tasks.append(self.create_task(self._report_metrics(), name="metrics"))
            self._watch_sync()

    async def stop(self, frame: EndFrame) -> None:
        """Play what is left, then stop."""
        await super().stop(frame)
        await self._running().drain()
        await self._stop_tasks()

    async def cancel(self, frame: CancelFrame) -> None:
        """Stop at once."""
        await super().cancel(frame)
        await self._stop_tasks()

    async def cleanup(self) -> None:
        """Stop what still runs; may be called again."""
        await super().cleanup()  # type: ignore[no-untyped-call]  # Pipecat's
        await self._stop_tasks()

    async def _stop_tasks(self) -> None:
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            await self.cancel_task(task)
        stats = self.stats
        self._spans.end_session(
            {"face.frames_shown": stats.frames_shown, "face.frames_dropped": stats.frames_dropped}
        )

    def _session_options(self) -> SessionOptions:
        controls, fps = controls_of(self._settings, self.emotions), self._engine.fps
        return SessionOptions(
            self._rate_hz,
            fps,
            self._realtime,
            controls,
            self._seed,
            self._language,
            self._style,
            self._is_drawn,
        )

    def _new_renderer(self) -> FrameRenderer:
        self._mind.session_opened()
        return FrameRenderer(self._engine, self._session_options(), self._new_depiction())

    def _running(self) -> Player:
        if self._player is None:
            raise RuntimeError(f"{self}: it has not been started")
        return self._player

    async def set_usable(self, is_usable: bool) -> None:
        """Bring the service back after a fault, or write it off."""
        await super().set_usable(is_usable)
        if is_usable and self._player is not None:
            self._player.playout.ahead.revive()
            self._player.wake()

    async def _check_transport(self) -> int | None:
        """Say what is wrong with the transport; the rate at which it plays, if known."""
        transport = find_output_transport(self)
        params = params_of(transport) if transport is not None else None
        if transport is None or params is None:
            return None
        fatal, lesser = self._problems_of(params)
        for problem in lesser:
            logger.warning(f"{self}: {problem}")
        for problem in fatal:
            await self.push_error(f"{self}: transport parameters: {problem}")
        return transport.sample_rate

    # Frames.

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Play speech, react to the user, obey controls; everything else passes in its place."""
        if isinstance(frame, InterruptionFrame):
            await self._interrupt(frame, direction)
            return
        await super().process_frame(frame, direction)
        if direction is FrameDirection.UPSTREAM:
            self._notice_upstream(frame)
            await self.push_frame(frame, direction)
        elif isinstance(frame, SystemFrame):
            await self._handle_system(frame)
        elif isinstance(frame, VasaUpdateSettingsFrame):
            await self._handle_settings(frame)
        elif isinstance(frame, VasaFeelFrame):
            await self._handle_feeling(frame)
        else:
            await self._handle_other(frame)

    async def _interrupt(self, frame: InterruptionFrame, direction: FrameDirection) -> None:
        player = self._running()
        survivors = player.playout.interrupt(self._now_s())
        self._spans.turn_over(is_interrupted=True)
        player.wake()
        self._mind.interrupted(self._now_s())
        self._spoken_tags.interrupt()
        try:
            await super().process_frame(frame, direction)
            await self.push_frame(frame, direction)
            for survivor in survivors:
                await self.push_frame(survivor)
        finally:
            player.playout.resume(self._now_s())
            player.wake()

    def _notice_upstream(self, frame: Frame) -> None:
        player = self._player
        if player is None:
            return
        if isinstance(frame, OutputTransportReadyFrame):
            player.playout.show()
        elif isinstance(frame, BotStartedSpeakingFrame):
            player.playout.bot_started(self._now_s())
        elif isinstance(frame, BotStoppedSpeakingFrame):
            player.playout.bot_stopped()
            self._spans.turn_over(is_interrupted=False)
            self._mind.speech_ended(self._now_s())
        player.wake()

    async def _handle_system(self, frame: Frame) -> None:
        now = self._now_s()
        if isinstance(frame, UserStartedSpeakingFrame):
            self._mind.user_started(now)
        elif isinstance(frame, UserSpeakingFrame):
            self._mind.user_goes_on(now)
        elif isinstance(frame, UserStoppedSpeakingFrame):
            self._mind.user_stopped(now)
        elif isinstance(frame, InputAudioRawFrame):
            self._mind.hear(heard_sound(frame))
        elif isinstance(frame, VasaEmotionTagsFrame):
            self._spoken_tags.add(frame)
        elif isinstance(frame, RTVIClientMessageFrame):
            await self._handle_client(frame)
        await self.push_frame(frame)

    async def _handle_client(self, frame: RTVIClientMessageFrame) -> None:
        if frame.type not in (SET, GET, FEEL):
            return
        try:
            if frame.type == FEEL:
                self._mind.feel_awhile(wanted_feeling(frame, self.emotions))
            elif (delta := wanted_change(frame, self.emotions)) is not None:
                await self._update_settings(delta)
            answer = RTVIServerResponseFrame(frame, answer_of(frame, self._settings, self.stats))
        except ValueError as problem:
            answer = RTVIServerResponseFrame(frame, None, str(problem))
        await self.push_frame(answer)

    async def _handle_settings(self, frame: VasaUpdateSettingsFrame) -> None:
        if frame.service is not None and frame.service is not self:
            await self.push_frame(frame)
        elif frame.delta is not None:
            try:
                check_delta(frame.delta, self.emotions)
            except ValueError as problem:
                await self.push_error(f"{self}: settings not changed: {problem}")
                return
            await self._update_settings(frame.delta)

    async def _handle_feeling(self, frame: VasaFeelFrame) -> None:
        try:
            feeling = known_feeling(frame.label, frame.strength, self.emotions)
        except ValueError as problem:
            await self.push_error(f"{self}: not felt: {problem}")
            return
        self._mind.feel_awhile(feeling)

    async def _update_settings(self, delta: ServiceSettings) -> dict[str, Any]:
        changed = await super()._update_settings(delta)
        if "emotion" in changed:
            self._mind.feel(None)
        self._mind.settings_changed()
        return changed

    async def _handle_other(self, frame: Frame) -> None:
        self._notice_text(frame)
        player, now_s = self._running(), self._now_s()
        if isinstance(frame, EndFrame | StopFrame):
            if isinstance(frame, StopFrame):
                await player.drain()
            await self.push_frame(frame)
            return
        if isinstance(frame, OutputAudioRawFrame) and is_speech(frame):
            self._spans.sound_came()
            if not player.playout.is_pending:
                await self.start_ttfb_metrics()
        if player.playout.receive(frame, now_s, self._due_s(frame, now_s)):
            player.wake()
        else:
            await self.push_frame(frame)

    def _due_s(self, frame: Frame, now_s: float) -> float | None:
        """A frame's own time, in the pipeline's clock, on the event loop's."""
        return now_s + (frame.pts - self.get_clock().get_time()) / 1e9 if frame.pts else None

    def _notice_text(self, frame: Frame) -> None:
        if isinstance(frame, LLMFullResponseStartFrame):
            self._spoken_tags.begin_reply(frame)
        elif isinstance(frame, UserBackchannelFrame):
            self._mind.nod(0.4)
        elif isinstance(frame, AggregatedTextFrame) and not isinstance(frame, TTSTextFrame):
            if frame.text_type == TextType.BACKCHANNEL:
                self._mind.nod(0.5)
            tags = self._spoken_tags.spoken(frame.text)
            playout = self._running().playout
            if frame.will_be_spoken:
                playout.push_text(frame.text)
            for tag, after_s in tags:
                if tag.act is not None:
                    playout.push_tag(tag, after_s)
                else:
                    playout.push_cue(partial(self._mind.feel, tag.feeling), after_s)

    # What the player asks for.

    def _now_s(self) -> float:
        return asyncio.get_running_loop().time()

    async def _hear(self, news: BeginSpeech | GiveUp) -> None:
        if isinstance(news, BeginSpeech):
            self._mind.speech_begins()
            self._spans.first_face()
            await self.stop_ttfb_metrics()
            return
        for still in self._stills():
            await self.push_frame(still)
        await self.push_error(
            f"{self}: rendering failed, the voice goes on with a still face: {news.problem}",
            exception=news.problem,
            category=ErrorCategory.UNKNOWN,
            force_treat_as_permanent=True,
        )

    async def _report_metrics(self) -> None:
        while True:
            await asyncio.sleep(METRICS_EVERY_S)
            await self.push_frame(MetricsFrame(data=[self.stats]))
