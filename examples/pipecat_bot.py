"""A talking face in Pipecat, from typed text and a parrot to a spoken conversation.

    pip install "vasa-avatar[pipecat]"
    python examples/pipecat_bot.py -t webrtc

Open http://localhost:7860 and press Connect. What you should see: the character says that it is an
AI (unless your own page does, and you start with `--no-notice`), greets you, blinks and looks at
you while idle. Type a sentence and it says it; a tag such as [happy] or <<sad>> shows
on its face instead of being read. Allow the microphone and speak: it listens, then says what you
said in your own voice. Speak while it speaks: it falls silent and closes its mouth. No account, no
key, no download. The very first start compiles the drawing code, which takes about 15 seconds.
(Pipecat's own page, at /client/, works too, but loads a script from the internet.)

With a language model it answers you; any server that speaks OpenAI's protocol will do, Ollama's
address is the default:

    ollama serve & ollama pull llama3.2
    python examples/pipecat_bot.py -t webrtc --llm-url

The page itself draws the face, from motion instead of a video track, with `--draw browser`:
less work for this machine, and the picture is as sharp as the visitor's screen.

And with a local recognizer you talk instead of typing (it fetches its model once):

    pip install "pipecat-ai[moonshine]"
    python examples/pipecat_bot.py -t webrtc --llm-url --stt moonshine
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import Any

import vasa_avatar  # noqa: F401  # first: then the runtime of Pipecat's networks sends nothing

# isort: split

from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.frames.frames import TTSSpeakFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import (
    LLMContextAggregatorPair,
    LLMUserAggregatorParams,
)
from pipecat.processors.audio.vad_processor import VADProcessor
from pipecat.runner.types import RunnerArguments
from pipecat.runner.utils import create_transport
from pipecat.services.openai.llm import OpenAILLMService
from pipecat.transports.base_transport import BaseTransport, TransportParams
from pipecat.workers.runner import WorkerRunner
from pipecat_bot_options import arguments, make_recognizer
from pipecat_bot_page import add_page
from pipecat_bot_parrot import Parrot
from pipecat_vasa import (
    EmotionTagProcessor,
    HibariTTSService,
    VasaEngine,
    VasaMotionService,
    VasaVideoService,
    avatar_transport_params,
    set_expression_tool,
    tune_interpreter,
)

from vasa_avatar.profiles import greeting_of, notice_of, persona_messages

PROMPT = (
    "You are {name}. {description} You talk with someone who sees your face, so answer in one to "
    "three short spoken sentences, without lists, markdown or emoji. When your mood changes, put "
    "one of <<happy>>, <<sad>>, <<angry>>, <<surprised>>, <<fearful>>, <<disgusted>>, "
    "<<contempt>> or <<neutral>> before the sentence it belongs to; your face shows it."
)
NOBODY = ("a friendly character", "", "[happy] Hello! I'm here.")  # of a portrait without a profile
Face = VasaVideoService | VasaMotionService
engine: VasaEngine  # loaded once, before the first call comes in


async def bot(runner_args: RunnerArguments) -> None:
    """One call; Pipecat's runner starts it when somebody connects."""
    options = runner_args.cli_args
    avatar, shown = make_face(options.draw if options else "server")
    params = TransportParams(audio_in_enabled=True, **shown)
    transport = await create_transport(runner_args, {"webrtc": lambda: params})
    if options and options.llm_url:
        pipeline = await conversation_pipeline(transport, avatar, options)
    else:
        pipeline = parrot_pipeline(transport, avatar)
    worker = PipelineWorker(pipeline, params=PipelineParams(enable_metrics=True))

    @worker.rtvi.event_handler("on_client_ready")
    async def greet(_rtvi: Any) -> None:
        *_, greeting = character()
        is_told = options is None or not options.no_notice
        notice = notice_of(engine.profile) if is_told else ""
        await worker.queue_frame(TTSSpeakFrame(f"{notice} {greeting}".strip()))

    @transport.event_handler("on_client_disconnected")
    async def leave(_transport: BaseTransport, _client: Any) -> None:
        await worker.cancel()

    runner = WorkerRunner(handle_sigint=runner_args.handle_sigint)
    await runner.add_workers(worker)
    await runner.run()


def make_face(draw: str) -> tuple[Face, dict[str, Any]]:
    """The face's service, and what its transport needs."""
    if draw == "browser":
        return VasaMotionService(engine), {"audio_out_enabled": True}
    return VasaVideoService(engine), {**avatar_transport_params(engine)}


def parrot_pipeline(transport: BaseTransport, avatar: Face) -> Pipeline:
    """Typed text and the microphone, without a language model."""
    listen = VADProcessor(vad_analyzer=SileroVADAnalyzer())
    heard = [transport.input(), listen, Parrot(), EmotionTagProcessor(engine.profile)]
    return Pipeline([*heard, make_voice(), avatar, transport.output()])


async def conversation_pipeline(
    transport: BaseTransport, avatar: Face, options: argparse.Namespace
) -> Pipeline:
    """A language model, with speech recognition if asked for."""
    name, description, _ = character()
    prompt = PROMPT.format(name=name, description=description)
    persona = persona_messages(engine.profile) if engine.profile else []
    prompt = "\n\n".join([prompt, *(m["content"] for m in persona if m["role"] == "system")])
    examples = [m for m in persona if m["role"] != "system"]
    llm = OpenAILLMService(
        base_url=options.llm_url,
        api_key=options.llm_key,
        settings=OpenAILLMService.Settings(model=options.llm_model, system_instruction=prompt),
    )
    context = LLMContext([*examples])
    if options.tool:
        tools = ToolsSchema(standard_tools=[set_expression_tool(avatar)])
        context = LLMContext([*examples], tools=tools)
    recognizer = await asyncio.to_thread(make_recognizer, options.stt)  # it loads a model
    params = LLMUserAggregatorParams(vad_analyzer=SileroVADAnalyzer() if recognizer else None)
    turns = LLMContextAggregatorPair(context, user_params=params)
    heard = [transport.input(), *([recognizer] if recognizer else []), turns.user()]
    said = [llm, EmotionTagProcessor(engine.profile), make_voice(), avatar, transport.output()]
    return Pipeline([*heard, *said, turns.assistant()])


def character() -> tuple[str, str, str]:
    """The character's name, what it is like, and its first words."""
    if engine.profile is None:
        return NOBODY
    return engine.profile.name, engine.profile.description, greeting_of(engine.profile) or NOBODY[2]


def make_voice() -> HibariTTSService:
    """The character's voice."""
    if engine.profile is None:
        return HibariTTSService()
    return HibariTTSService.for_character(engine.profile)


def prepare(options: argparse.Namespace) -> None:
    """Load what every call needs, before the first one comes in."""
    global engine
    print(f"loading {options.character} (the very first time takes some 15 s) …", flush=True)
    engine = VasaEngine.load(options.character)
    if options.stt:
        print(f"loading {options.stt} (the first time, it is fetched) …", flush=True)
        make_recognizer(options.stt)
    tune_interpreter()


def serve() -> None:
    """Add the page to Pipecat's runner and start it."""
    from pipecat.runner.run import app, main

    parser = arguments()
    if "-h" not in sys.argv and "--help" not in sys.argv:
        options = parser.parse_known_args()[0]
        prepare(options)
        add_page(app, engine, options.draw, "" if options.no_notice else notice_of(engine.profile))
    main(parser)


if __name__ == "__main__":
    serve()
