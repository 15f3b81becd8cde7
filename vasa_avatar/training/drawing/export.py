"""Trained nets to ONNX files, weights kept in 16 bits and computed with in 32; numbers compared.

    python -m vasa_avatar.training.drawing.export --runs RUNS --out vasa_avatar/weights

Batch normalisation is folded into the convolutions; maps become points, and logits shares, inside
the file. Input `pictures` (N, 3, H, W) in 0..1.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import ArrayLike, NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from vasa_avatar.training.drawing.net_sizes import FINDER_PX, PART_PX, POINTS_PX
from vasa_avatar.training.drawing.nets import Block, Hourglass, soft_points
from vasa_avatar.training.drawing.train import TASKS

OPSET = 17
IR_VERSION = 8
TOLERANCE = 5e-3
"""largest difference of any output between torch in 32 bits and the file"""


class _Graph:
    """Collects nodes and constants under fresh names."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, values: ArrayLike, dtype: Any = np.float32) -> str:
        """A constant's name."""
        name = f"c{len(self.constants)}"
        array = np.ascontiguousarray(np.asarray(values, dtype))
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def weight(self, values: NDArray[Any]) -> str:
        """A large constant, stored in 16 bits and widened when the file is loaded."""
        return self.add("Cast", [self.constant(values, np.float16)], to=TensorProto.FLOAT)

    def add(self, kind: str, inputs: list[str], output: str = "", **attributes: Any) -> str:
        """A node's only output."""
        name = output or f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def conv(self, x: str, conv: nn.Conv2d, norm: nn.BatchNorm2d | None = None) -> str:
        """A convolution, its normalisation folded in."""
        weight = conv.weight.detach().numpy().astype(np.float64)
        bias = np.zeros(len(weight)) if conv.bias is None else conv.bias.detach().numpy()
        if norm is not None:
            gain = (norm.weight / (norm.running_var + norm.eps).sqrt()).detach().numpy()
            bias = norm.bias.detach().numpy() + (bias - norm.running_mean.numpy()) * gain
            weight = weight * gain[:, None, None, None]
        pads = [conv.padding[0], conv.padding[1]] * 2
        names = [x, self.weight(weight), self.constant(bias)]
        return self.add("Conv", names, strides=list(conv.stride), pads=pads)

    def relu(self, x: str) -> str:
        """Negative numbers become 0."""
        return self.add("Relu", [x])

    def step(self, x: str, step: nn.Module) -> str:
        """One of the layers that the trunk is made of."""
        if isinstance(step, Block):
            y = self.relu(self.conv(x, step.first, step.first_norm))
            return self.relu(self.add("Add", [x, self.conv(y, step.second, step.second_norm)]))
        if isinstance(step, nn.Sequential):
            layers = list(step)
            if isinstance(layers[0], nn.Conv2d):
                return self.relu(self.conv(x, layers[0], layers[1]))
            for layer in layers:
                x = self.step(x, layer)
            return x
        raise TypeError(f"{type(step).__name__} is no layer of these nets")

    def trunk(self, body: Hourglass) -> tuple[str, str]:
        """From the input to the finest level's features and the coarsest ones."""
        x = self.add("Mul", ["pictures", self.constant(2.0)])
        x = self.step(self.add("Sub", [x, self.constant(1.0)]), body.stem)
        kept = []
        for level in body.down:
            x = self.step(x, level)
            kept.append(x)
        coarse = x
        doubled = self.constant([1.0, 1.0, 2.0, 2.0])
        for i in range(len(body.merge) - 1, -1, -1):
            side = self.conv(x, body.lateral[i])
            up = self.add(
                "Resize", [side, "", doubled], mode="nearest",
                coordinate_transformation_mode="asymmetric", nearest_mode="floor",
            )  # fmt: skip
            x = self.step(self.add("Add", [kept[i], up]), body.merge[i])
        return x, coarse

    def points(self, maps: str, side: int) -> None:
        """Outputs `points` (N, P, 2) in 0..1 and `peaks` (N, P) of maps (N, P, side, side)."""
        flat = self.add("Reshape", [maps, self.constant([0, 0, -1], np.int64)])
        share = self.add("Softmax", [flat], axis=-1)
        y, x = np.divmod(np.arange(side * side), side)
        places = (np.stack([x, y], -1) + 0.5) / side
        self.add("MatMul", [share, self.constant(places)], "points")
        self.add("ReduceMax", [share], "peaks", axes=[-1], keepdims=0)

    def flags(self, coarse: str, layers: nn.Sequential) -> None:
        """Output `flags` in 0..1 from the mean of the coarsest features."""
        x = self.add("ReduceMean", [coarse], axes=[2, 3], keepdims=0)
        x = self._linear(self.relu(self._linear(x, layers[0])), layers[2])
        self.add("Sigmoid", [x], "flags")

    def _linear(self, x: str, layer: nn.Linear) -> str:
        weight, bias = layer.weight.detach().numpy(), layer.bias.detach().numpy()
        return self.add("Gemm", [x, self.weight(weight), self.constant(bias)], transB=1)


def _finder(graph: _Graph, net: nn.Module) -> list[str]:
    fine, _ = graph.trunk(net.body)
    cells = graph.conv(graph.step(fine, net.mix), net.head)
    heat, rest = f"n{len(graph.nodes)}_heat", f"n{len(graph.nodes)}_rest"
    sizes = graph.constant([1, 6], np.int64)
    graph.nodes.append(helper.make_node("Split", [cells, sizes], [heat, rest], axis=1))
    graph.add("Concat", [graph.add("Sigmoid", [heat]), rest], "cells", axis=1)
    return ["cells"]


def _points(graph: _Graph, net: nn.Module) -> list[str]:
    fine, coarse = graph.trunk(net.body)
    graph.points(graph.conv(graph.step(fine, net.mix), net.maps), POINTS_PX // 4)
    graph.flags(coarse, net.flags)
    return ["points", "peaks", "flags"]


def _part(graph: _Graph, net: nn.Module) -> list[str]:
    fine, coarse = graph.trunk(net.body)
    fine = graph.step(fine, net.mix)
    graph.points(graph.conv(fine, net.maps), PART_PX // 2)
    shuffled = graph.add("DepthToSpace", [graph.conv(fine, net.classes)], blocksize=2, mode="CRD")
    graph.add("Softmax", [shuffled], "classes", axis=1)
    graph.flags(coarse, net.flags)
    return ["points", "peaks", "classes", "flags"]


_KINDS: dict[str, tuple[Callable[[_Graph, nn.Module], list[str]], int]] = {
    "finder": (_finder, FINDER_PX),
    "points": (_points, POINTS_PX),
    "eye": (_part, PART_PX),
    "mouth": (_part, PART_PX),
}
_RANKS = {"cells": 4, "points": 3, "peaks": 2, "classes": 4, "flags": 2}


def export(name: str, checkpoint: Path, out: Path) -> float:
    """Write one net's moving average; the largest difference that the file makes.

    Args:
        name: of the net, see train.TASKS.
        checkpoint: what `train` wrote.
        out: the .onnx file.

    Raises:
        ValueError: the file's numbers are further than TOLERANCE from torch's.
    """
    net = TASKS[name].net().eval()
    net.load_state_dict(torch.load(checkpoint, map_location="cpu", weights_only=True)["average"])
    build, side = _KINDS[name]
    graph = _Graph()
    outputs = build(graph, net)
    size: list[Any] = ["n", 3, side, side] if name != "finder" else ["n", 3, "height", "width"]
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            f"drawn_{name}",
            [helper.make_tensor_value_info("pictures", TensorProto.FLOAT, size)],
            [_output(key) for key in outputs],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )
    onnx.checker.check_model(model)
    onnx.save(model, str(out))
    return _compare(name, net, out, side, outputs)


def _output(key: str) -> Any:
    shape = ["n", *(f"{key}_{axis}" for axis in range(1, _RANKS[key]))]
    return helper.make_tensor_value_info(key, TensorProto.FLOAT, shape)


def _compare(name: str, net: nn.Module, out: Path, side: int, outputs: list[str]) -> float:
    sample = torch.rand(2, 3, side, side, generator=torch.Generator().manual_seed(0))
    session = onnxruntime.InferenceSession(str(out), providers=["CPUExecutionProvider"])
    found = session.run(outputs, {"pictures": sample.numpy()})
    with torch.no_grad():
        wanted = _outputs_of(name, net, sample)
    worst = max(float(np.abs(a - b.numpy()).max()) for a, b in zip(found, wanted, strict=True))
    if worst > TOLERANCE:
        raise ValueError(f"{out.name} differs from torch by {worst:.4f}, at most {TOLERANCE}")
    return worst


def _outputs_of(name: str, net: nn.Module, sample: torch.Tensor) -> list[torch.Tensor]:
    """What the file should give, from torch."""
    if name == "finder":
        cells = net(sample)
        return [torch.cat([torch.sigmoid(cells[:, :1]), cells[:, 1:]], 1)]
    maps, *classes, flags = net(sample)
    shares = [torch.softmax(c, 1) for c in classes]
    return [*soft_points(maps), *shares, torch.sigmoid(flags)]


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    for name in sorted(TASKS):
        out = args.out / f"drawn_{name}.onnx"
        worst = export(name, args.runs / f"{name}.pt", out)
        print(f"{out.name}: {out.stat().st_size / 1e6:.2f} MB, largest difference {worst:.5f}")


if __name__ == "__main__":
    main()
