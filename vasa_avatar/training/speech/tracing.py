"""Kokoro's inner features: with the sound (to learn the shortcut from) and without it (to use it).

`hidden` is what Kokoro's decoder hands to its generator, at 80 Hz. A graph that ends there needs
a fifteenth of the whole graph's time.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vasa_avatar.datatypes import F32, I16

AUDIO_NODE = "waveform"
HIDDEN_NODE = "/decoder/decoder/decode.3/Div_4_output_0"
PITCH_NODE = "/decoder/decoder/Unsqueeze_output_0"
DURATION_NODE = "/encoder/Clip_output_0"


@dataclass(frozen=True, slots=True, eq=False)
class SpokenFeatures:
    """What Kokoro's generator gets."""

    hidden: np.ndarray[Any, Any]
    """(512, N) at 80 Hz"""
    f0_hz: F32
    """(N,)"""
    style: F32
    """(256,)"""


@dataclass(frozen=True, slots=True, eq=False)
class TracedSpeech:
    """A spoken piece with what it was made from."""

    features: SpokenFeatures
    pcm_i16: I16
    """(N,) at 16 kHz"""


def pruned_session(model_path: Path, outputs: tuple[str, ...]) -> Any:
    """An ONNX session of only those nodes that the outputs need, on one thread."""
    import onnx
    import onnxruntime

    model = onnx.load(str(model_path))
    graph = model.graph
    kept_outputs = [o for o in graph.output if o.name in outputs]
    del graph.output[:]
    graph.output.extend(kept_outputs)
    for name in outputs:
        if all(o.name != name for o in kept_outputs):
            graph.output.append(onnx.helper.make_tensor_value_info(name, 1, None))
    live = set(outputs)
    kept = []
    for node in reversed(graph.node):
        if any(name in live for name in node.output):
            kept.append(node)
            live.update(node.input)
    del graph.node[:]
    graph.node.extend(reversed(kept))
    weights = [w for w in graph.initializer if w.name in live]
    del graph.initializer[:]
    graph.initializer.extend(weights)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def write_pairs(path: Path, traced: list[TracedSpeech]) -> None:
    """Write traced speech to one file (first under a temporary name)."""
    temporary = path.with_suffix(".part.npz")
    np.savez(
        temporary,
        hidden=np.concatenate([t.features.hidden for t in traced], axis=1).astype(np.float16),
        f0=np.concatenate([t.features.f0_hz for t in traced]),
        style=np.stack([t.features.style for t in traced]),
        frames=np.array([len(t.features.f0_hz) for t in traced]),
        pcm=np.concatenate([t.pcm_i16 for t in traced]),
        lengths=np.array([len(t.pcm_i16) for t in traced]),
    )
    temporary.rename(path)


def read_pairs(path: Path) -> list[TracedSpeech]:
    """The traced speech of one file."""
    with np.load(path) as data:
        frame_cuts = np.cumsum(data["frames"])[:-1]
        hidden = np.split(data["hidden"], frame_cuts, axis=1)
        pitch = np.split(data["f0"], frame_cuts)
        pcm = np.split(data["pcm"], np.cumsum(data["lengths"])[:-1])
        styles = data["style"]
    return [
        TracedSpeech(SpokenFeatures(h, f, s), p)
        for h, f, s, p in zip(hidden, pitch, styles, pcm, strict=True)
    ]
