"""The trained network as an ONNX graph that takes up to eight blocks and its whole state at a time.

`memory` (M, C) holds, one after another, what each trunk convolution still needs of its input (2 x
dilation blocks, oldest first) and the last two blocks of the trunk's output for the heads. Two
blocks are computed, or eight where more have come: the graph has a branch for each, with the same
weights. Each weight is read once for all, and a block's bits do not depend on its place; `n_blocks`
says how many of them the next state keeps.
"""

from __future__ import annotations

from collections.abc import Iterable
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


class _Weights:
    """The weights, once for all branches; each is kept in 16 bits and computed with in 32."""

    def __init__(self, layers: Iterable[tuple[np.ndarray, np.ndarray]]) -> None:
        """Take (inputs, outputs) weights and (outputs,) biases, in the order of their use."""
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.names: list[tuple[str, str]] = []
        self.sizes: list[int] = []
        for weight, bias in layers:
            self._keep(weight, bias)

    def _keep(self, weight: np.ndarray, bias: np.ndarray) -> None:
        n = len(self.names)
        half = np.ascontiguousarray(weight, np.float16)
        self.constants.append(numpy_helper.from_array(half, f"half{n}"))
        self.constants.append(numpy_helper.from_array(np.float32(bias), f"bias{n}"))
        cast = helper.make_node("Cast", [f"half{n}"], [f"weight{n}"], to=TensorProto.FLOAT)
        self.nodes.append(cast)
        self.names.append((f"weight{n}", f"bias{n}"))
        self.sizes.append(weight.shape[1])


class _Graph:
    """Collects the nodes and constants of one branch under fresh names."""

    def __init__(self, weights: _Weights, n_blocks: int) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.n_blocks = n_blocks
        self._weights = iter(weights.names)

    def constant(self, values: Any, dtype: Any = np.float32) -> str:
        name = f"c{self.n_blocks}_{len(self.constants)}"
        array = np.ascontiguousarray(np.asarray(values, dtype))
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def add(self, kind: str, inputs: list[str], output: str = "", **attributes: Any) -> str:
        name = output or f"n{self.n_blocks}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def split(self, value: str, sizes: list[int], axis: int) -> list[str]:
        names = [f"n{self.n_blocks}_{len(self.nodes)}_{i}" for i in range(len(sizes))]
        sizes_name = self.constant(sizes, np.int64)
        self.nodes.append(helper.make_node("Split", [value, sizes_name], names, axis=axis))
        return names

    def linear(self, value: str) -> str:
        """(blocks, n) through the next layer."""
        weight, bias = next(self._weights)
        return self.add("Gemm", [value, weight, bias])


def _folded(conv: Any, norm: Any) -> tuple[np.ndarray, np.ndarray]:
    """A convolution with its batch normalisation, taps side by side: (taps * in, out), (out,)."""
    weight, bias = conv.weight.detach().numpy(), conv.bias.detach().numpy()
    gain = (norm.weight / (norm.running_var + norm.eps).sqrt()).detach().numpy()
    offset = norm.bias.detach().numpy() + (bias - norm.running_mean.numpy()) * gain
    taps = weight.transpose(0, 2, 1) * gain[:, None, None]
    return taps.reshape(len(taps), -1).T, offset


def _plain(layer: Any) -> tuple[np.ndarray, np.ndarray]:
    """A convolution of one tap: (in, out), (out,)."""
    return layer.weight.detach().numpy()[..., 0].T, layer.bias.detach().numpy()


def _layers(net: SpeechNet) -> list[tuple[np.ndarray, np.ndarray]]:
    """All layers in the order of their use."""
    layers = [_plain(net.stem)]
    for block in net.blocks:
        layers += [_folded(block.conv, block.norm), _plain(block.mix)]
    for ms in DELAY_BLOCKS:
        head = net.heads[str(ms)]
        layers += [_folded(head.conv, head.norm), _plain(head.out)]
    return layers


def _add_normaliser(graph: _Graph) -> str:
    """The follower of speech_model.normalise; gives (blocks, 82) and `next_level`."""
    n_rows = graph.n_blocks * BLOCK_ROWS
    decay, floor = graph.constant([[LEVEL_DECAY]]), graph.constant([[LEVEL_FLOOR]])
    own = graph.add("ReduceLogSumExp", ["log_mel"], axes=[1], keepdims=1)
    own = graph.add("Sub", [own, graph.constant([[np.log(N_MELS)]])])
    level = graph.add("Unsqueeze", ["level", graph.constant([1], np.int64)])
    levels = []
    for row in graph.split(own, [1] * n_rows, axis=0):
        level = graph.add("Max", [graph.add("Sub", [level, decay]), row, floor])
        levels.append(level)
    followed = graph.add("Concat", levels, axis=0)
    per_block = graph.add("Reshape", [followed, graph.constant([graph.n_blocks, -1], np.int64)])
    _, last = graph.split(per_block, [BLOCK_ROWS - 1, 1], axis=1)
    last = graph.add("Reshape", [last, graph.constant([graph.n_blocks], np.int64)])
    place = graph.add("Sub", ["n_blocks", graph.constant([1], np.int64)])
    graph.add("Gather", [last, place], _output(graph, "next_level"), axis=0)
    whole = graph.add("Concat", ["log_mel", own], axis=1)
    relative = graph.add("Max", [graph.add("Sub", [whole, followed]), graph.constant(-RANGE)])
    scaled = graph.add("Mul", [relative, graph.constant(1 / 3)])
    scaled = graph.add("Add", [scaled, graph.constant(1.75)])
    return graph.add("Reshape", [scaled, graph.constant([graph.n_blocks, -1], np.int64)])


def _add_taps(graph: _Graph, memory: str, x: str, dilation: int) -> tuple[str, str]:
    """A convolution's three taps, side by side: (blocks, 3 C); and all blocks known, joined."""
    known = graph.add("Concat", [memory, x], axis=0)
    axis = graph.constant([0], np.int64)

    def since(first: int) -> str:
        bounds = [graph.constant([at], np.int64) for at in (first, first + graph.n_blocks)]
        return graph.add("Slice", [known, *bounds, axis])

    return graph.add("Concat", [since(0), since(dilation), x], axis=1), known


def _add_heads(graph: _Graph, taps: str, head_sizes: list[int]) -> None:
    n_classes = len(CLASSES)
    for ms, size in zip(DELAY_BLOCKS, head_sizes, strict=True):
        out = graph.linear(graph.add("Relu", [graph.linear(taps)]))
        width = size // BLOCK_ROWS
        shape = graph.constant([graph.n_blocks * BLOCK_ROWS, width], np.int64)
        both = graph.add("Reshape", [out, shape])
        scores, activities = graph.split(both, [n_classes, width - n_classes], axis=1)
        graph.add("Identity", [scores], _output(graph, f"scores_{ms}"))
        graph.add("Sigmoid", [activities], _output(graph, f"activities_{ms}"))


def _output(graph: _Graph, name: str) -> str:
    """What an output is called within a branch."""
    return f"{name}_of_{graph.n_blocks}"


def _outputs(head_sizes: list[int], memory_shape: list[int]) -> dict[str, list[Any]]:
    """Names and shapes of what comes out; the number of rows is that of what goes in."""
    found: dict[str, list[Any]] = {}
    for ms, size in zip(DELAY_BLOCKS, head_sizes, strict=True):
        found[f"scores_{ms}"] = ["rows", len(CLASSES)]
        found[f"activities_{ms}"] = ["rows", size // BLOCK_ROWS - len(CLASSES)]
    return found | {"next_level": [1], "next_memory": memory_shape}


def _branch(
    weights: _Weights, dilations: tuple[int, ...], n_blocks: int, outputs: dict[str, list[Any]]
) -> Any:
    """The network over so many blocks."""
    graph = _Graph(weights, n_blocks)
    spans = [2 * d for d in dilations] + [2]
    memories = graph.split("memory", spans, axis=0)
    x = graph.add("Relu", [graph.linear(_add_normaliser(graph))])
    known: list[str] = []
    for dilation, memory in zip(dilations, memories[:-1], strict=True):
        taps, joined = _add_taps(graph, memory, x, dilation)
        known.append(joined)
        hidden = graph.add("Relu", [graph.linear(taps)])
        x = graph.add("Add", [x, graph.linear(hidden)])
    taps, joined = _add_taps(graph, memories[-1], x, 1)
    known.append(joined)
    _add_heads(graph, taps, weights.sizes[-2 * len(DELAY_BLOCKS) + 1 :: 2])
    kept: list[int] = []
    first = 0
    for span in spans:
        kept.extend(range(first, first + span))
        first += span + n_blocks
    rows = graph.add("Add", [graph.constant(kept, np.int64), "n_blocks"])
    everything = graph.add("Concat", known, axis=0)
    graph.add("Gather", [everything, rows], _output(graph, "next_memory"), axis=0)
    values = [
        helper.make_tensor_value_info(_output(graph, name), TensorProto.FLOAT, shape)
        for name, shape in outputs.items()
    ]
    return helper.make_graph(graph.nodes, f"blocks_{n_blocks}", [], values, graph.constants)


def export(net: SpeechNet, path: Path) -> int:
    """Write the network; returns the file's size in bytes."""
    net = net.eval()
    return write_network(_layers(net), tuple(net.size.dilations), path)


def write_network(
    layers: list[tuple[np.ndarray, np.ndarray]], dilations: tuple[int, ...], path: Path
) -> int:
    """Write a network of these layers; returns the file's size in bytes.

    Args:
        layers: (inputs, outputs) weights and (outputs,) biases: stem, two for each block of the
            trunk, two for each head.
        dilations: of the trunk's blocks.
        path: of the file.
    """
    weights = _Weights(layers)
    channels = weights.sizes[0]
    memory_shape = [2 * sum(dilations) + 2, channels]
    outputs = _outputs(weights.sizes[-2 * len(DELAY_BLOCKS) + 1 :: 2], memory_shape)
    few, many = (_branch(weights, dilations, n, outputs) for n in CALL_BLOCKS)
    most = numpy_helper.from_array(np.array([CALL_BLOCKS[0]], np.int64), "few")
    nodes = [
        *weights.nodes,
        helper.make_node("Greater", ["n_blocks", "few"], ["is_many"]),
        helper.make_node("If", ["is_many"], list(outputs), then_branch=many, else_branch=few),
    ]
    inputs = {
        "log_mel": (TensorProto.FLOAT, ["rows", N_MELS]),
        "n_blocks": (TensorProto.INT64, [1]),
        "level": (TensorProto.FLOAT, [1]),
        "memory": (TensorProto.FLOAT, memory_shape),
    }
    model = helper.make_model(
        helper.make_graph(
            nodes,
            "speech",
            [helper.make_tensor_value_info(name, *kind) for name, kind in inputs.items()],
            [
                helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
                for name, shape in outputs.items()
            ],
            [*weights.constants, most],
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=9,
    )
    onnx.checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())
    return path.stat().st_size
