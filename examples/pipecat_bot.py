"""A talking face in Pipecat, from typed text and a parrot to a spoken conversation.

    pip install "vasa-avatar[pipecat]"
    python examples/pipecat_bot.py -t webrtc

Open http://localhost:7860 and press Connect. What you should see: the character greets you, blinks
and looks at you while idle. Type a sentence and it says it; a tag such as [happy] or <<sad>> shows
on its face instead of being read. Allow the microphone and speak: it listens, then says what you
said in your own voice. Speak while it speaks: it falls silent and closes its mouth. No account, no
key, no download. The very first start compiles the drawing code, which takes about 15 seconds.
(Pipecat's own page, at /client/, works too, but loads a script from the internet.)

With a language model it answers you; any server that speaks OpenAI's protocol will do, Ollama's
address is the default:

    ollama serve & ollama pull llama3.2
    python examples/pipecat_bot.py -t webrtc --llm-url

And with a local recognizer you talk instead of typing (it fetches its model once):

    pip install "pipecat-ai[moonshine]"
    python examples/pipecat_bot.py -t webrtc --llm-url --stt moonshine
"""

from __future__ import annotations

import argparse
import asyncio
import io
import sys
from collections import deque
from typing import Any

import vasa_avatar  # noqa: F401  # first: then the runtime of Pipecat's networks sends nothing

# isort: split

from PIL import Image
from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import (
    LLMContextAggregatorPair,
    LLMUserAggregatorParams,
)
from pipecat.processors.audio.vad_processor import VADProcessor
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.processors.frameworks.rtvi.frames import RTVISendTextFrame
from pipecat.runner.types import RunnerArguments
from pipecat.runner.utils import create_transport
from pipecat.services.openai.llm import OpenAILLMService
from pipecat.transports.base_transport import BaseTransport, TransportParams
from pipecat.workers.runner import WorkerRunner
from pipecat_vasa import (
    EmotionTagProcessor,
    HibariTTSService,
    VasaEngine,
    VasaVideoService,
    avatar_transport_params,
    set_expression_tool,
    tune_interpreter,
)

OLLAMA_URL = "http://localhost:11434/v1"
KEPT_BEFORE_SPEECH_S = 0.6
LONGEST_ECHO_S = 30.0
PROMPT = (
    "You are {name}. {description} You talk with someone who sees your face, so answer in one to "
    "three short spoken sentences, without lists, markdown or emoji. When your mood changes, put "
    "one of <<happy>>, <<sad>>, <<angry>>, <<surprised>>, <<fearful>>, <<disgusted>>, "
    "<<contempt>> or <<neutral>> before the sentence it belongs to; your face shows it."
)

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>A talking face in Pipecat</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<style>
 :root { color-scheme: light dark; --back: #f4f5f7; --card: #fff; --ink: #1b1f24; --soft: #59636e;
         --line: #8a939d; --go: #1257b8; --on: #b3261e }
 @media (prefers-color-scheme: dark) { :root { --back: #14171c; --card: #21262d; --ink: #eceff2;
         --soft: #a9b2bc; --line: #6b7681; --go: #8fbcff; --on: #ff8f85 } }
 * { box-sizing: border-box }
 body { font: 16px/1.5 system-ui, sans-serif; margin: 0; padding: 1rem;
        background: var(--back); color: var(--ink) }
 main { width: min(100%, max(56vh, 22rem)); margin: 0 auto }
 h1 { font-size: 1.1rem; margin: 0 0 .75rem }
 video { display: block; width: 100%; aspect-ratio: 1; object-fit: cover; border-radius: 16px;
         background: var(--card) }
 video:not(.on) { opacity: .8 }
 video:not(.on) ~ #said:empty::before { content: "Press Connect, and it greets you.";
         color: var(--soft) }
 .row { display: flex; flex-wrap: wrap; gap: .5rem; margin: .75rem 0; align-items: center }
 button, input, select { font: inherit; min-height: 44px; padding: .4rem .9rem; color: inherit;
         border: 1px solid var(--line); border-radius: 10px; background: var(--card) }
 #connect:not(.on), #send { background: var(--go); border-color: var(--go); color: var(--back);
         font-weight: 600 }
 ::placeholder { color: var(--soft); opacity: 1 }
 button:disabled, input:disabled, select:disabled { opacity: .5 }
 #mic[aria-pressed=true] { border: 2px solid var(--on); color: var(--on) }
 input { flex: 1; min-width: 0 } label { color: var(--soft) }
 :focus-visible { outline: 3px solid var(--go); outline-offset: 2px }
 #state { color: var(--soft); margin-left: auto } #said { min-height: 3em; margin: .5rem 0 }
 #problem { color: var(--on) } .note { color: var(--soft); font-size: .85rem }
</style></head><body><main>
<h1>A talking face in Pipecat</h1>
<video id="face" autoplay playsinline poster="/portrait.jpg"
 aria-label="The character, a synthetic picture"></video>
<div class="row"><button id="connect">Connect</button>
 <button id="mic" disabled aria-pressed="false">Microphone</button>
 <span id="state" role="status">Not connected</span></div>
<p id="said" aria-live="polite" aria-label="What the character says"></p>
<p id="problem" role="alert"></p>
<form id="form" class="row"><input id="text" aria-label="What to say" autocomplete="off" disabled
 placeholder="Type something"><button disabled id="send">Send</button></form>
<div class="row"><label for="mood">Mood</label><select id="mood" disabled><option>neutral
<option>happy<option>sad<option>angry<option>surprised<option>fearful<option>disgusted
<option>contempt</select></div>
<p class="note">Type, and it speaks. With the microphone on, it repeats you; with a language model,
it answers. Speak or type while it speaks, and it stops. What you see is synthetic: a program draws
it.</p>
</main><script>
 const $ = id => document.getElementById(id);
 const state = text => { $("state").textContent = text; };
 const problem = text => { $("problem").textContent = text; };
 const enable = on => { for (const id of ["text", "send", "mic", "mood"]) $(id).disabled = !on; };
 let peer, channel, audio, silence;
 const send = (type, data) => channel.send(JSON.stringify(
   { label: "rtvi-ai", type, id: crypto.randomUUID(), data }));
 const hear = { // what the bot tells
   "bot-ready": () => state("Connected"),
   "bot-started-speaking": () => { $("said").textContent = ""; state("Speaking"); },
   "bot-stopped-speaking": () => state("Connected"),
   "user-started-speaking": () => state("Listening"),
   "user-stopped-speaking": () => state("Thinking"),
   "bot-tts-text": data => { $("said").textContent += " " + data.text; },
   "error": data => problem(data.error || data.message || "Something went wrong."),
 };
 const makeSilence = () => { // what is sent while the microphone is off
   const context = new AudioContext();
   const nothing = new ConstantSourceNode(context, { offset: 0 });
   const out = context.createMediaStreamDestination();
   nothing.connect(out);
   nothing.start();
   return out.stream.getAudioTracks()[0];
 };
 const hangUp = text => {
   const old = peer;
   peer = null;
   old?.close();
   $("face").classList.remove("on");
   enable(false);
   $("mic").setAttribute("aria-pressed", false);
   state(text);
   $("face").srcObject = null;
   $("face").load(); // back to its portrait
   $("connect").textContent = "Connect";
   $("connect").classList.remove("on");
 };
 const connect = async () => {
   peer = new RTCPeerConnection();
   const mine = peer, stream = new MediaStream();
   peer.ontrack = ({ track, receiver }) => { // pictures wait for the voice from the first word on
     if (track.kind === "video") receiver.jitterBufferTarget = 60;
     stream.addTrack(track);
     $("face").srcObject = stream;
   };
   peer.onconnectionstatechange = () => {
     if (mine !== peer) return;
     if (mine.connectionState === "disconnected") state("Reconnecting …");
     if (["failed", "closed"].includes(mine.connectionState)) hangUp("The connection was lost");
   };
   silence ??= makeSilence();
   audio = peer.addTransceiver(silence, { direction: "sendrecv" });
   peer.addTransceiver("video", { direction: "recvonly" });
   channel = peer.createDataChannel("chat");
   channel.onopen = () => {
     setInterval(() => channel.readyState === "open" && channel.send("ping"), 1000);
     send("client-ready", { version: "1.0.0", about: { library: "pipecat_bot.py" } });
     enable(true);
     $("connect").textContent = "Hang up";
     $("connect").classList.add("on");
     $("face").classList.add("on");
     $("text").focus();
   };
   channel.onclose = () => { if (mine === peer) hangUp("The bot hung up"); };
   channel.onmessage = event => {
     const message = JSON.parse(event.data);
     hear[message.type]?.(message.data ?? {});
   };
   await peer.setLocalDescription(await peer.createOffer());
   await new Promise(done => { const look = () => peer.iceGatheringState === "complete" && done();
     peer.onicegatheringstatechange = look; look(); setTimeout(done, 2000); });
   const answer = await fetch("/api/offer", { method: "POST", body: JSON.stringify(
     peer.localDescription), headers: { "Content-Type": "application/json" } });
   if (!answer.ok) throw new Error(`the bot answered ${answer.status}`);
   await peer.setRemoteDescription(await answer.json());
 };
 $("connect").onclick = async () => {
   problem("");
   if (peer) return hangUp("Not connected");
   state("Connecting …");
   try { await connect(); }
   catch (error) { hangUp("Not connected"); problem(`No connection: ${error.message}`); }
 };
 $("mic").onclick = async () => {
   const on = $("mic").getAttribute("aria-pressed") !== "true";
   try {
     const media = on && await navigator.mediaDevices.getUserMedia(
       { audio: { echoCancellation: true } });
     await audio.sender.replaceTrack(on ? media.getAudioTracks()[0] : silence);
   } catch (error) { return problem(`No microphone: ${error.message}`); }
   problem("");
   $("mic").setAttribute("aria-pressed", on);
 };
 $("mood").onchange = () => send("client-message",
   { t: "avatar.set", d: { emotion: $("mood").value } });
 $("form").onsubmit = event => {
   event.preventDefault();
   if ($("text").value.trim()) send("send-text", { content: $("text").value });
   $("text").value = "";
 };
</script></body></html>"""

engine: VasaEngine | None = None  # loaded once, before the first call comes in


class Parrot(FrameProcessor):
    """Says what is typed, and repeats what is spoken in the speaker's own voice."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: deque[InputAudioRawFrame] = deque()
        self._kept_s = 0.0
        self._is_listening = False

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Take text and sound, pass the rest."""
        await super().process_frame(frame, direction)
        if isinstance(frame, InputAudioRawFrame):
            self._keep(frame)
            return
        await self.push_frame(frame, direction)
        if isinstance(frame, RTVISendTextFrame):
            await self.push_frame(TTSSpeakFrame(frame.text))
        elif isinstance(frame, VADUserStartedSpeakingFrame):
            self._is_listening = True
            await self.broadcast_frame(UserStartedSpeakingFrame)
            await self.broadcast_interruption()
        elif isinstance(frame, VADUserStoppedSpeakingFrame) and self._is_listening:
            self._is_listening = False
            await self.broadcast_frame(UserStoppedSpeakingFrame)
            await self._repeat()

    def _keep(self, frame: InputAudioRawFrame) -> None:
        limit_s = LONGEST_ECHO_S if self._is_listening else KEPT_BEFORE_SPEECH_S
        self._pieces.append(frame)
        self._kept_s += frame.num_frames / frame.sample_rate
        while self._kept_s > limit_s:
            oldest = self._pieces.popleft()
            self._kept_s -= oldest.num_frames / oldest.sample_rate

    async def _repeat(self) -> None:
        heard, self._pieces, self._kept_s = list(self._pieces), deque(), 0.0
        context = f"echo-{id(heard)}"
        await self.push_frame(TTSStartedFrame(context_id=context))
        for piece in heard:
            await self.push_frame(
                TTSAudioRawFrame(
                    piece.audio, piece.sample_rate, piece.num_channels, context_id=context
                )
            )
        await self.push_frame(TTSStoppedFrame(context_id=context))


def parrot_pipeline(transport: BaseTransport, avatar: VasaVideoService) -> Pipeline:
    """Typed text and the microphone, without a language model."""
    return Pipeline(
        [
            transport.input(),
            VADProcessor(vad_analyzer=SileroVADAnalyzer()),
            Parrot(),
            EmotionTagProcessor(),
            make_voice(),
            avatar,
            transport.output(),
        ]
    )


async def conversation_pipeline(
    transport: BaseTransport, avatar: VasaVideoService, options: argparse.Namespace
) -> Pipeline:
    """A language model, with speech recognition if asked for."""
    llm = OpenAILLMService(
        base_url=options.llm_url,
        api_key=options.llm_key,
        settings=OpenAILLMService.Settings(model=options.llm_model, system_instruction=prompt()),
    )
    context = LLMContext()
    if options.tool:
        context = LLMContext(tools=ToolsSchema(standard_tools=[set_expression_tool(avatar)]))
    recognizer = await asyncio.to_thread(make_recognizer, options.stt)  # it loads a model
    params = LLMUserAggregatorParams(vad_analyzer=SileroVADAnalyzer() if recognizer else None)
    pair = LLMContextAggregatorPair(context, user_params=params)
    return Pipeline(
        [
            transport.input(),
            *([recognizer] if recognizer else []),
            pair.user(),
            llm,
            EmotionTagProcessor(),
            make_voice(),
            avatar,
            transport.output(),
            pair.assistant(),
        ]
    )


def make_voice() -> HibariTTSService:
    """The character's voice."""
    assert engine is not None
    if engine.profile is None:
        return HibariTTSService()
    return HibariTTSService.for_character(engine.profile)


def make_recognizer(name: str | None) -> FrameProcessor | None:
    """Local speech recognition; both fetch their model once."""
    if name == "moonshine":
        from pipecat.services.moonshine.stt import MoonshineSTTService

        return MoonshineSTTService()
    if name == "whisper":
        from pipecat.services.whisper.stt import WhisperSTTService

        return WhisperSTTService()
    return None


def prompt() -> str:
    """What the language model is told."""
    profile = engine.profile if engine else None
    name = profile.name if profile else "a friendly character"
    return PROMPT.format(name=name, description=profile.description if profile else "")


async def bot(runner_args: RunnerArguments) -> None:
    """One call; the runner starts it when somebody connects."""
    assert engine is not None
    options = runner_args.cli_args
    params = TransportParams(audio_in_enabled=True, **avatar_transport_params(engine))
    transport = await create_transport(runner_args, {"webrtc": lambda: params})
    avatar = VasaVideoService(engine)
    if options is not None and options.llm_url:
        pipeline = await conversation_pipeline(transport, avatar, options)
    else:
        pipeline = parrot_pipeline(transport, avatar)
    worker = PipelineWorker(pipeline, params=PipelineParams(enable_metrics=True))

    @worker.rtvi.event_handler("on_client_ready")
    async def greet(_rtvi: Any) -> None:
        profile = engine.profile if engine else None
        greeting = profile.greeting if profile and profile.greeting else "[happy] Hello! I'm here."
        await worker.queue_frame(TTSSpeakFrame(greeting))

    @transport.event_handler("on_client_disconnected")
    async def leave(_transport: BaseTransport, _client: Any) -> None:
        await worker.cancel()

    runner = WorkerRunner(handle_sigint=runner_args.handle_sigint)
    await runner.add_workers(worker)
    await runner.run()


def arguments() -> argparse.ArgumentParser:
    """This bot's own options; Pipecat's runner adds its own."""
    parser = argparse.ArgumentParser(description="A talking face in Pipecat")
    parser.add_argument(
        "--character", default="iris", help="a character's id, a portrait or a baked avatar (.npz)"
    )
    parser.add_argument(
        "--llm-url",
        nargs="?",
        const=OLLAMA_URL,
        help=f"an OpenAI-compatible server; without an address {OLLAMA_URL} (Ollama)",
    )
    parser.add_argument("--llm-model", default="llama3.2", help="the model's name there")
    parser.add_argument("--llm-key", default="none", help="its key, if it wants one")
    parser.add_argument("--stt", choices=["moonshine", "whisper"], help="speech recognition")
    parser.add_argument(
        "--tool", action="store_true", help="offer the model the set_expression tool as well"
    )
    return parser


def prepare(options: argparse.Namespace) -> None:
    """Load what every call needs, before the first one comes in."""
    global engine
    print(f"loading {options.character} (the very first time takes some 15 s) …", flush=True)
    engine = VasaEngine.load(options.character)
    if options.stt:
        print(f"loading {options.stt} (the first time, it is fetched) …", flush=True)
        make_recognizer(options.stt)
    tune_interpreter()


def portrait_jpeg() -> bytes:
    """The character at rest, for the page to show before a call."""
    assert engine is not None
    size = (engine.size_px, engine.size_px)
    jpeg = io.BytesIO()
    Image.frombytes("RGB", size, engine.still_rgb).save(jpeg, "JPEG", quality=85)
    return jpeg.getvalue()


def serve() -> None:
    """Add the page to Pipecat's runner and start it."""
    from fastapi.responses import HTMLResponse, RedirectResponse, Response
    from pipecat.runner.run import app, main

    @app.get("/face", response_class=HTMLResponse)
    async def face() -> str:
        return PAGE

    @app.get("/portrait.jpg")
    async def portrait() -> Response:
        return Response(portrait_jpeg(), media_type="image/jpeg")

    @app.get("/")
    async def root() -> RedirectResponse:
        return RedirectResponse("/face")

    parser = arguments()
    if "-h" not in sys.argv and "--help" not in sys.argv:
        prepare(parser.parse_known_args()[0])
    main(parser)


if __name__ == "__main__":
    serve()
