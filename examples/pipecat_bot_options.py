"""What can be chosen when pipecat_bot.py is started, and the speech recognition that was."""

from __future__ import annotations

import argparse

from pipecat.processors.frame_processor import FrameProcessor

OLLAMA_URL = "http://localhost:11434/v1"


def arguments() -> argparse.ArgumentParser:
    """This bot's own options; Pipecat's runner adds its own."""
    parser = argparse.ArgumentParser(description="A talking face in Pipecat")
    add = parser.add_argument
    add("--character", default="iris", help="a character's id, a portrait or an avatar (.npz)")
    add(
        "--llm-url",
        nargs="?",
        const=OLLAMA_URL,
        help=f"an OpenAI-compatible server; without an address {OLLAMA_URL} (Ollama)",
    )
    add("--llm-model", default="llama3.2", help="the model's name there")
    add("--llm-key", default="none", help="its key, if it wants one")
    add(
        "--draw",
        choices=["server", "browser"],
        default="server",
        help="who draws the face: a video track, or motion that the page draws",
    )
    add("--stt", choices=["moonshine", "whisper"], help="speech recognition")
    add("--no-notice", action="store_true", help="people are told elsewhere that this is an AI")
    add("--tool", action="store_true", help="offer the model the set_expression tool as well")
    return parser


def make_recognizer(name: str | None) -> FrameProcessor | None:
    """Local speech recognition; both fetch their model once."""
    if name == "moonshine":
        from pipecat.services.moonshine.stt import MoonshineSTTService

        return MoonshineSTTService()
    if name == "whisper":
        from pipecat.services.whisper.stt import WhisperSTTService

        return WhisperSTTService()
    return None
