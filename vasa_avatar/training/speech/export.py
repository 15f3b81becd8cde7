"""The trained network as an ONNX graph that takes up to two blocks and its whole state at a time.

`memory` (M, C) holds, one after another, what each trunk convolution still needs of its input (2 x
dilation blocks, oldest first) and the last two blocks of the trunk's output for the heads. Two
blocks are always computed, so that each weight is read once for both and a block's bits do not
depend on its place; `n_blocks` says how many of them the next state keeps.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from vasa_avatar.motion.speech.network import CALL_BLOCKS
from vasa_avatar.training.speech.features import N_MELS
from vasa_avatar.training.speech.model import (
    BLOCK_ROWS,
    DELAY_BLOCKS,
    LEVEL_DECAY,
    LEVEL_FLOOR,
    RANGE,
    SpeechNet,
)
from vasa_avatar.training.speech.phones import CLASSES

OPSET = 17


class _Graph:
    """Collects nodes and constants under fresh names."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, values: Any, dtype: Any = np.float32) -> str:
        name = f"c{len(self.constants)}"
        array = np.ascontiguousarray(np.asarray(values, dtype))
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def add(self, kind: str, inputs: list[str], output: str = "", **attributes: Any) -> str:
        name = output or f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def split(self, value: str, sizes: list[int], axis: int) -> list[str]:
        names = [f"n{len(self.nodes)}_{i}" for i in range(len(sizes))]
        sizes_name = self.constant(sizes, np.int64)
        self.nodes.append(helper.make_node("Split", [value, sizes_name], names, axis=axis))
        return names

    def linear(self, value: str, weight: Any, bias: Any) -> str:
        """(2, n) times weight (m, n) transposed, plus bias (m,); the weight is kept in 16 bits."""
        half = self.constant(np.asarray(weight).T, np.float16)
        whole = self.add("Cast", [half], to=TensorProto.FLOAT)
        return self.add("Gemm", [value, whole, self.constant(bias)])


def _folded(conv: Any, norm: Any) -> tuple[np.ndarray, np.ndarray]:
    """A convolution with its batch normalisation, taps side by side: (out, taps * in), (out,)."""
    weight, bias = conv.weight.detach().numpy(), conv.bias.detach().numpy()
    gain = (norm.weight / (norm.running_var + norm.eps).sqrt()).detach().numpy()
    offset = norm.bias.detach().numpy() + (bias - norm.running_mean.numpy()) * gain
    taps = weight.transpose(0, 2, 1) * gain[:, None, None]
    return taps.reshape(len(taps), -1), offset


def _add_normaliser(graph: _Graph) -> str:
    """The follower of speech_model.normalise; gives (2, 82) and `next_level`."""
    n_rows = CALL_BLOCKS * BLOCK_ROWS
    decay, floor = graph.constant([[LEVEL_DECAY]]), graph.constant([[LEVEL_FLOOR]])
    own = graph.add("ReduceLogSumExp", ["log_mel"], axes=[1], keepdims=1)
    own = graph.add("Sub", [own, graph.constant([[np.log(N_MELS)]])])
    level = graph.add("Unsqueeze", ["level", graph.constant([1], np.int64)])
    levels = []
    for row in graph.split(own, [1] * n_rows, axis=0):
        level = graph.add("Max", [graph.add("Sub", [level, decay]), row, floor])
        levels.append(level)
    followed = graph.add("Concat", levels, axis=0)
    per_block = graph.add("Reshape", [followed, graph.constant([CALL_BLOCKS, -1], np.int64)])
    _, last = graph.split(per_block, [BLOCK_ROWS - 1, 1], axis=1)
    last = graph.add("Reshape", [last, graph.constant([CALL_BLOCKS], np.int64)])
    place = graph.add("Sub", ["n_blocks", graph.constant([1], np.int64)])
    graph.add("Gather", [last, place], "next_level", axis=0)
    whole = graph.add("Concat", ["log_mel", own], axis=1)
    relative = graph.add("Max", [graph.add("Sub", [whole, followed]), graph.constant(-RANGE)])
    scaled = graph.add("Mul", [relative, graph.constant(1 / 3)])
    scaled = graph.add("Add", [scaled, graph.constant(1.75)])
    return graph.add("Reshape", [scaled, graph.constant([CALL_BLOCKS, -1], np.int64)])


def _add_taps(graph: _Graph, memory: str, x: str, dilation: int) -> tuple[str, str]:
    """A convolution's input of three taps, side by side: (2, 3 C); and all blocks known, joined."""
    known = graph.add("Concat", [memory, x], axis=0)
    axis = graph.constant([0], np.int64)

    def since(first: int) -> str:
        bounds = [graph.constant([at], np.int64) for at in (first, first + CALL_BLOCKS)]
        return graph.add("Slice", [known, *bounds, axis])

    return graph.add("Concat", [since(0), since(dilation), x], axis=1), known


def _add_heads(graph: _Graph, net: SpeechNet, taps: str) -> list[Any]:
    outputs = []
    n_classes = len(CLASSES)
    for ms in DELAY_BLOCKS:
        head = net.heads[str(ms)]
        hidden = graph.add("Relu", [graph.linear(taps, *_folded(head.conv, head.norm))])
        out = graph.linear(
            hidden, head.out.weight.detach().numpy()[..., 0], head.out.bias.detach().numpy()
        )
        width = head.out.out_channels // BLOCK_ROWS
        rows = CALL_BLOCKS * BLOCK_ROWS
        shape = graph.constant([rows, width], np.int64)
        both = graph.add("Reshape", [out, shape])
        scores, activities = graph.split(both, [n_classes, width - n_classes], axis=1)
        graph.add("Identity", [scores], f"scores_{ms}")
        graph.add("Sigmoid", [activities], f"activities_{ms}")
        outputs += [
            helper.make_tensor_value_info(f"scores_{ms}", 1, [rows, n_classes]),
            helper.make_tensor_value_info(f"activities_{ms}", 1, [rows, width - n_classes]),
        ]
    return outputs


def export(net: SpeechNet, path: Path) -> int:
    """Write the network; returns the file's size in bytes."""
    net = net.eval()
    graph = _Graph()
    channels = net.size.channels
    spans = [2 * d for d in net.size.dilations] + [2]
    memories = graph.split("memory", spans, axis=0)
    x = _add_normaliser(graph)
    stem = net.stem
    x = graph.add(
        "Relu", [graph.linear(x, stem.weight.detach().numpy()[..., 0], stem.bias.detach().numpy())]
    )
    known: list[str] = []
    kept: list[int] = []
    first = 0
    for block, memory in zip(net.blocks, memories[:-1], strict=True):
        taps, joined = _add_taps(graph, memory, x, block.dilation)
        known.append(joined)
        hidden = graph.add("Relu", [graph.linear(taps, *_folded(block.conv, block.norm))])
        mixed = graph.linear(
            hidden, block.mix.weight.detach().numpy()[..., 0], block.mix.bias.detach().numpy()
        )
        x = graph.add("Add", [x, mixed])
    taps, joined = _add_taps(graph, memories[-1], x, 1)
    known.append(joined)
    outputs = _add_heads(graph, net, taps)
    for span in spans:
        kept.extend(range(first, first + span))
        first += span + CALL_BLOCKS
    rows = graph.add("Add", [graph.constant(kept, np.int64), "n_blocks"])
    everything = graph.add("Concat", known, axis=0)
    graph.add("Gather", [everything, rows], "next_memory", axis=0)
    memory_shape = [sum(spans), channels]
    log_mel_shape = [CALL_BLOCKS * BLOCK_ROWS, N_MELS]
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "speech",
            [
                helper.make_tensor_value_info("log_mel", TensorProto.FLOAT, log_mel_shape),
                helper.make_tensor_value_info("n_blocks", TensorProto.INT64, [1]),
                helper.make_tensor_value_info("level", TensorProto.FLOAT, [1]),
                helper.make_tensor_value_info("memory", TensorProto.FLOAT, memory_shape),
            ],
            [
                *outputs,
                helper.make_tensor_value_info("next_level", TensorProto.FLOAT, [1]),
                helper.make_tensor_value_info("next_memory", TensorProto.FLOAT, memory_shape),
            ],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=9,
    )
    onnx.checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())
    return path.stat().st_size
