"""Named float arrays in, named arrays out, through onnxruntime; inputs are checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vasa_avatar.errors import ModelStoreError
from vasa_avatar.nets.device import chosen_device, providers_of

_DTYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(uint8)": np.uint8,
}
Shape = tuple[int | None, ...]
"""None stands for any length"""


class OnnxModel:
    """A loaded network: no state, safe to share between threads and sessions.

    Args:
        model: file name or the file's bytes.
        inputs: expected input names and shapes; the file must agree.
        outputs: names of the outputs that `run` returns, in this order.
        threads: onnxruntime threads per call.
    """

    def __init__(
        self,
        model: Path | bytes,
        inputs: Mapping[str, Shape],
        outputs: Sequence[str],
        threads: int = 1,
    ) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._name = model.name if isinstance(model, Path) else "model"
        source = model if isinstance(model, bytes) else str(model)
        providers = providers_of(chosen_device())
        try:
            self._session = onnxruntime.InferenceSession(source, options, providers=list(providers))
        except Exception as error:  # onnxruntime raises its own classes, without a common base
            raise ModelStoreError(f"{self._name} cannot be loaded ({error})") from error
        self._outputs = list(outputs)
        self._dtypes: dict[str, Any] = {}
        self._shapes = dict(inputs)
        self._check_signature()

    def run(self, **arrays: NDArray[Any]) -> list[NDArray[Any]]:
        """Run the net once.

        Raises:
            ValueError: an array is missing or has another shape or type than the net takes.
        """
        if set(arrays) != set(self._shapes):
            raise ValueError(
                f"{self._name} got {sorted(arrays)}; expected the inputs {sorted(self._shapes)}"
            )
        for name, array in arrays.items():
            if array.dtype != self._dtypes[name] or not _agrees(array.shape, self._shapes[name]):
                raise ValueError(
                    f"{self._name}: {name} is {array.dtype} {array.shape}; expected "
                    f"{np.dtype(self._dtypes[name])} {self._shapes[name]}"
                )
        return [np.asarray(result) for result in self._session.run(self._outputs, arrays)]

    def _check_signature(self) -> None:
        found = {node.name: node for node in self._session.get_inputs()}
        if set(found) != set(self._shapes):
            raise ModelStoreError(
                f"{self._name} has the inputs {sorted(found)}; expected {sorted(self._shapes)}"
            )
        for name, node in found.items():
            shape = tuple(n if isinstance(n, int) else None for n in node.shape)
            if len(shape) != len(self._shapes[name]) or node.type not in _DTYPES:
                raise ModelStoreError(
                    f"{self._name}: input {name} is {node.type} {node.shape}; expected "
                    f"{self._shapes[name]}"
                )
            if any(a and b and a != b for a, b in zip(shape, self._shapes[name], strict=True)):
                raise ModelStoreError(
                    f"{self._name}: input {name} has shape {node.shape}; expected "
                    f"{self._shapes[name]}"
                )
            self._dtypes[name] = _DTYPES[node.type]
        missing = set(self._outputs) - {node.name for node in self._session.get_outputs()}
        if missing:
            raise ModelStoreError(f"{self._name} has no output {sorted(missing)}")


def _agrees(shape: tuple[int, ...], expected: Shape) -> bool:
    return len(shape) == len(expected) and all(
        want is None or have == want for have, want in zip(shape, expected, strict=True)
    )
