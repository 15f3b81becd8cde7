"""The ONNX wrapper refuses what does not fit, before the net sees it."""

from __future__ import annotations

import numpy as np
import pytest

from vasa_avatar.errors import ModelStoreError
from vasa_avatar.nets.onnx_model import OnnxModel

# made with onnx.helper: y = Relu(x), x float32 (1, "n"), opset 13, IR 8
RELU = bytes.fromhex(
    "08083a400a0c0a0178120179220452656c75120472656c755a140a0178120f0a0d080112090a0208"
    "010a0312016e62140a0179120f0a0d080112090a0208010a0312016e42040a00100d"
)


def relu(**inputs: tuple[int | None, ...]) -> OnnxModel:
    return OnnxModel(RELU, inputs or {"x": (1, None)}, ["y"])


def test_runs() -> None:
    x = np.array([[-1.0, 2.0, -3.0]], np.float32)
    (y,) = relu().run(x=x)
    np.testing.assert_array_equal(y, [[0.0, 2.0, 0.0]])


@pytest.mark.parametrize("array", [np.zeros((2, 3), np.float32), np.zeros((1, 3), np.float64)])
def test_refuses_other_shapes_and_types(array: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected float32"):
        relu().run(x=array)


def test_refuses_other_names() -> None:
    with pytest.raises(ValueError, match="expected the inputs"):
        relu().run(z=np.zeros((1, 3), np.float32))


@pytest.mark.parametrize("inputs", [{"a": (1, None)}, {"x": (2, None)}, {"x": (1, 3, 4)}])
def test_refuses_another_net(inputs: dict[str, tuple[int | None, ...]]) -> None:
    with pytest.raises(ModelStoreError, match="expected"):
        relu(**inputs)


def test_refuses_a_missing_output() -> None:
    with pytest.raises(ModelStoreError, match="no output"):
        OnnxModel(RELU, {"x": (1, None)}, ["logits"])


def test_refuses_what_is_no_net() -> None:
    with pytest.raises(ModelStoreError, match="cannot be loaded"):
        OnnxModel(b"nothing", {"x": (1, None)}, ["y"])
