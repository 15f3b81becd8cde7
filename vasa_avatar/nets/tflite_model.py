"""One float32 array in, float32 arrays out, through LiteRT on the CPU; the input is checked.

A LiteRT interpreter has buffers of its own, so a model may be used by one thread at a time; a lock
sees to that.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator, Sequence

import numpy as np

from vasa_avatar.datatypes import F32
from vasa_avatar.errors import ModelStoreError


class TfliteModel:
    """A loaded network with one input.

    Args:
        name: for messages.
        content: the .tflite file's bytes.
        input_shape: what the file's input must be.
        output_shapes: the outputs that `run` returns, by shape, in this order; where two outputs
            have the same shape they come in the order of the file.
        threads: LiteRT threads per call.
    """

    def __init__(
        self,
        name: str,
        content: bytes,
        input_shape: tuple[int, ...],
        output_shapes: Sequence[tuple[int, ...]],
        threads: int = 1,
    ) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._name = name
        self._lock = threading.Lock()
        self._input_shape = input_shape
        try:
            with _quiet_stderr():
                self._interpreter = Interpreter(model_content=content, num_threads=threads)
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ModelStoreError(f"{name} cannot be loaded ({error})") from error
        (source,) = self._interpreter.get_input_details()
        if tuple(source["shape"]) != input_shape or source["dtype"] is not np.float32:
            raise ModelStoreError(
                f"{name} takes {source['dtype'].__name__} {tuple(source['shape'])}; expected "
                f"float32 {input_shape}"
            )
        self._input = source["index"]
        left = list(self._interpreter.get_output_details())
        self._outputs: list[int] = []
        for shape in output_shapes:
            match = next((d for d in left if tuple(d["shape"]) == shape), None)
            if match is None:
                raise ModelStoreError(f"{name} has no output of shape {shape}")
            left.remove(match)
            self._outputs.append(match["index"])

    def run(self, array: F32) -> list[F32]:
        """Run the net once; the results are copies.

        Raises:
            ValueError: the array has another shape or type than the net takes.
        """
        if array.shape != self._input_shape or array.dtype != np.float32:
            raise ValueError(
                f"{self._name} got {array.dtype} {array.shape}; expected float32 "
                f"{self._input_shape}"
            )
        with self._lock:
            self._interpreter.set_tensor(self._input, array)
            self._interpreter.invoke()
            return [np.array(self._interpreter.get_tensor(i), np.float32) for i in self._outputs]


@contextlib.contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Hide the line that LiteRT writes to file descriptor 2 whenever it makes a delegate."""
    try:
        saved = os.dup(2)
    except OSError:
        yield
        return
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(sink)
