"""Sound to mouth: the seam that all speech models share, and the rule that chooses one."""

from __future__ import annotations

import importlib
from pathlib import Path

import vasa_avatar
from vasa_avatar.motion.speech.base import (
    HOP_SAMPLES,
    MAX_LOOKAHEAD_SAMPLES,
    ROWS_PER_S,
    SAMPLE_RATE_HZ,
    SPEECH_COLUMNS,
    SpeechModel,
    SpeechStream,
)
from vasa_avatar.motion.speech.spectral import SpectralSpeech

__all__ = [
    "HOP_SAMPLES",
    "MAX_LOOKAHEAD_SAMPLES",
    "NETWORK_WEIGHTS",
    "ROWS_PER_S",
    "SAMPLE_RATE_HZ",
    "SPEECH_COLUMNS",
    "SpectralSpeech",
    "SpeechModel",
    "SpeechStream",
    "load_speech_model",
]

NETWORK_WEIGHTS = Path(vasa_avatar.__file__).parent / "weights" / "speech.onnx"


def load_speech_model(name: str = "auto") -> SpeechModel:
    """The speech model by name.

    Args:
        name: "network" (trained; `NetworkSpeech` in network.py), "spectral" (no weights), or
            "auto": the network if its weights are in the package, else spectral.
    """
    if name == "auto":
        name = "network" if NETWORK_WEIGHTS.is_file() else "spectral"
    if name == "spectral":
        return SpectralSpeech()
    if name == "network":
        network = importlib.import_module("vasa_avatar.motion.speech.network")
        model: SpeechModel = network.NetworkSpeech(NETWORK_WEIGHTS)
        return model
    raise ValueError(f"speech model is {name!r}; expected auto, network or spectral")
