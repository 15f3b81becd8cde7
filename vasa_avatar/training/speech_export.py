"""The trained network as an ONNX graph that takes one block and its whole state at a time.

`memory` (M, C) holds, one after another, what each trunk convolution still needs of its input (2 x
dilation blocks, oldest first) and the last two blocks of the trunk's output for the heads.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from vasa_avatar.training.speech_features import N_MELS
from vasa_avatar.training.speech_model import (
    BLOCK_ROWS,
    DELAY_BLOCKS,
    LEVEL_DECAY,
    LEVEL_FLOOR,
    RANGE,
    SpeechNet,
)
from vasa_avatar.training.speech_phones import CLASSES

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
        """(1, n) times weight (m, n) transposed, plus bias (m,); the weight is kept in 16 bits."""
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
    """The follower of speech_model.normalise; gives (1, 82) and `next_level`."""
    rows = graph.split("log_mel", [1] * BLOCK_ROWS, axis=0)
    level, parts = "level", []
    decay, count = graph.constant([LEVEL_DECAY]), graph.constant([np.log(N_MELS)])
    floor, low = graph.constant([LEVEL_FLOOR]), graph.constant(-RANGE)
    third, shift = graph.constant(1 / 3), graph.constant(1.75)
    axis = graph.constant([1], np.int64)
    for index, row in enumerate(rows):
        own = graph.add("ReduceLogSumExp", [row], axes=[1], keepdims=0)
        own = graph.add("Sub", [own, count])
        faded = graph.add("Max", [graph.add("Sub", [level, decay]), own])
        is_last = index == len(rows) - 1
        level = graph.add("Max", [faded, floor], "next_level" if is_last else "")
        whole = graph.add("Concat", [row, graph.add("Unsqueeze", [own, axis])], axis=1)
        relative = graph.add("Max", [graph.add("Sub", [whole, level]), low])
        parts.append(graph.add("Add", [graph.add("Mul", [relative, third]), shift]))
    return graph.add("Concat", parts, axis=1)


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
        shape = graph.constant([BLOCK_ROWS, width], np.int64)
        both = graph.add("Reshape", [out, shape])
        scores, activities = graph.split(both, [n_classes, width - n_classes], axis=1)
        graph.add("Identity", [scores], f"scores_{ms}")
        graph.add("Sigmoid", [activities], f"activities_{ms}")
        outputs += [
            helper.make_tensor_value_info(f"scores_{ms}", 1, [BLOCK_ROWS, n_classes]),
            helper.make_tensor_value_info(f"activities_{ms}", 1, [BLOCK_ROWS, width - n_classes]),
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
    kept = []
    for block, memory in zip(net.blocks, memories[:-1], strict=True):
        d = block.dilation
        parts = graph.split(memory, [1, d - 1, 1, d - 1] if d > 1 else [1, 1], axis=0)
        first, second = parts[0], parts[2] if d > 1 else parts[1]
        kept.append(graph.add("Concat", [*parts[1:], x], axis=0))
        taps = graph.add("Concat", [first, second, x], axis=1)
        hidden = graph.add("Relu", [graph.linear(taps, *_folded(block.conv, block.norm))])
        mixed = graph.linear(
            hidden, block.mix.weight.detach().numpy()[..., 0], block.mix.bias.detach().numpy()
        )
        x = graph.add("Add", [x, mixed])
    oldest, old = graph.split(memories[-1], [1, 1], axis=0)
    kept.append(graph.add("Concat", [old, x], axis=0))
    outputs = _add_heads(graph, net, graph.add("Concat", [oldest, old, x], axis=1))
    graph.add("Concat", kept, "next_memory", axis=0)
    memory_shape = [sum(spans), channels]
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "speech",
            [
                helper.make_tensor_value_info("log_mel", TensorProto.FLOAT, [BLOCK_ROWS, N_MELS]),
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
