"""What users run, as programs for child processes: a film, a server with a client, a call.

Each takes the path of a file to write.
"""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]

RENDER = """
import sys
from vasa_avatar.cli import main
words = ["render", "--profile", "iris", "--text", "Hello.", "--size", "256", "--out", sys.argv[1]]
raise SystemExit(main(words))
"""

SERVE = f"""
import runpy, sys
# Port 9 discards: nobody serves there, so the example starts a server of its own.
words = ["--url", "ws://127.0.0.1:9/ws", "--text", "Hello.", "--out", sys.argv[1]]
sys.argv = ["websocket_client.py", *words]
runpy.run_path(r"{ROOT / "examples" / "websocket_client.py"}", run_name="__main__")
"""

CALL = """
import asyncio, pathlib, sys
from pipecat_vasa import HibariTTSService, VasaEngine, VasaVideoService
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.frames.frames import (
    EndFrame, InputAudioRawFrame, OutputImageRawFrame, TTSSpeakFrame, TTSStoppedFrame)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.audio.vad_processor import VADProcessor
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.workers.runner import WorkerRunner

class Seen(FrameProcessor):
    def __init__(self):
        super().__init__()
        self.is_said = asyncio.Event()
        self.n_pictures = 0
    async def process_frame(self, frame, direction):
        await super().process_frame(frame, direction)
        self.n_pictures += isinstance(frame, OutputImageRawFrame)
        if isinstance(frame, TTSStoppedFrame):
            self.is_said.set()
        await self.push_frame(frame, direction)

async def call():
    engine = await asyncio.to_thread(VasaEngine.load, "iris")
    seen = Seen()
    ears, avatar = VADProcessor(vad_analyzer=SileroVADAnalyzer()), VasaVideoService(engine)
    pipeline = Pipeline([ears, HibariTTSService(), avatar, seen])
    rates = PipelineParams(audio_in_sample_rate=16000, audio_out_sample_rate=24000)
    worker = PipelineWorker(pipeline, params=rates, cancel_on_idle_timeout=False)
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    run = asyncio.create_task(runner.run())
    for _ in range(50):
        await worker.queue_frame(InputAudioRawFrame(bytes(640), 16000, 1))
    await worker.queue_frame(TTSSpeakFrame("Hello."))
    await asyncio.wait_for(seen.is_said.wait(), 60)
    await worker.queue_frame(EndFrame())
    await run
    engine.close()
    assert seen.n_pictures > 5, seen.n_pictures
    pathlib.Path(sys.argv[1]).write_text(str(seen.n_pictures))

asyncio.run(call())
"""
