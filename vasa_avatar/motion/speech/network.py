"""Sound to mouth by our own network: 16 kHz sound in, (rows, 52) at 100 Hz out.

The network (weights/speech.onnx, see weights/speech.md) works on blocks of two log-mel rows with
its whole state outside: `log_mel` (rows, 40), `n_blocks` (1,), `level` (1,), `memory` (M, C) in;
class scores and articulator activities for each of two lookaheads, and the next `level` and
`memory`, out. At block j the head for 80 ms describes rows 2j - 2 and 2j - 1, the one for 160 ms
rows 2j - 10 and 2j - 9. A call computes two blocks or eight, the last ones of padding where fewer
have come: a block's bits do not depend on its place, so that any split of the sound gives the same
rows; and up to 160 ms of sound read the weights, more than fit a core's cache, only once.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from pathlib import Path

import numpy as np

from vasa_avatar.audio.log_mel import HOP_SAMPLES, LogMelStream
from vasa_avatar.datatypes import F32
from vasa_avatar.errors import ModelStoreError
from vasa_avatar.motion.speech.articulation import N_ARTICULATORS, decode
from vasa_avatar.motion.speech.base import MAX_LOOKAHEAD_SAMPLES, SpeechStream

N_MELS = 40
BLOCK_ROWS = 2
CALL_BLOCKS = (2, 8)
"""blocks in one call, few or many; those that have not come yet are padding"""
MOST_ROWS = CALL_BLOCKS[-1] * BLOCK_ROWS
"""log-mel rows in one call, at most"""
DELAY_BLOCKS: dict[int, int] = {80: 1, 160: 5}
"""session's lookahead in ms -> how many blocks the head for it runs late"""
LEVEL_FLOOR = -5.5
"""the followed level starts here (natural-log power, about -42 dBFS of speech)"""
QUIET_ROW = -16.1
"""log-mel of digital silence with the least dither that training heard"""
_PADDING = np.full((BLOCK_ROWS * CALL_BLOCKS[-1], N_MELS), QUIET_ROW, np.float32)
_COUNTS = [np.array([n], np.int64) for n in range(CALL_BLOCKS[-1] + 1)]


class NetworkSpeech:
    """The speech model that was trained here; see SpeechModel.

    Args:
        model: the ONNX file; None takes the one in the package.
    """

    def __init__(self, model: Path | None = None) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        source = str(model) if model is not None else _packaged_weights()
        self._session = onnxruntime.InferenceSession(
            source, options, providers=["CPUExecutionProvider"]
        )
        shapes = {node.name: node.shape for node in self._session.get_inputs()}
        names = {"log_mel", "n_blocks", "level", "memory"}
        if set(shapes) != names or shapes["log_mel"] != ["rows", N_MELS]:
            raise ModelStoreError(
                f"{model or 'speech.onnx'} has the inputs {shapes}; expected "
                "log_mel (rows, 40), n_blocks (1,), level (1,) and memory"
            )
        self.memory_shape: tuple[int, int] = (shapes["memory"][0], shapes["memory"][1])
        self._outputs = {
            ms: [f"scores_{ms}", f"activities_{ms}", "next_level", "next_memory"]
            for ms in DELAY_BLOCKS
        }

    def stream(self, lookahead_ms: int) -> SpeechStream:
        """A new stream with 80 or 160 ms of the session's lookahead."""
        return NetworkSpeechStream(self, lookahead_ms)

    def run_blocks(
        self, lookahead_ms: int, log_mel: F32, level: F32, memory: F32
    ) -> tuple[F32, F32, F32, F32]:
        """One to eight blocks through the network.

        Args:
            lookahead_ms: whose head, 80 or 160.
            log_mel: (2, 40) to (16, 40), whole blocks.
            level: (1,) of the last call; LEVEL_FLOOR at first.
            memory: memory_shape, of the last call; zeros at first.

        Returns:
            (rows, 15) class scores and (rows, 9) activities, the next level and memory.
        """
        n_rows = len(log_mel)
        n_blocks = n_rows // BLOCK_ROWS
        missing = next(n for n in CALL_BLOCKS if n >= n_blocks) - n_blocks
        if missing:
            log_mel = np.concatenate((log_mel, _PADDING[: missing * BLOCK_ROWS]))
        inputs = {
            "log_mel": log_mel, "n_blocks": _COUNTS[n_blocks], "level": level, "memory": memory,
        }  # fmt: skip
        scores, activities, next_level, next_memory = self._session.run(
            self._outputs[lookahead_ms], inputs
        )
        return scores[:n_rows], activities[:n_rows], next_level, next_memory


@lru_cache(maxsize=1)
def _packaged_weights() -> bytes:
    return (resources.files("vasa_avatar") / "weights" / "speech.onnx").read_bytes()


class NetworkSpeechStream:
    """One utterance; see SpeechStream."""

    def __init__(self, model: NetworkSpeech, lookahead_ms: int) -> None:
        if lookahead_ms not in MAX_LOOKAHEAD_SAMPLES:
            raise ValueError(
                f"lookahead_ms is {lookahead_ms}; expected one of {sorted(MAX_LOOKAHEAD_SAMPLES)}"
            )
        self._model = model
        self._lookahead_ms = lookahead_ms
        self._delay_rows = BLOCK_ROWS * DELAY_BLOCKS[lookahead_ms]
        self._features = LogMelStream(N_MELS)
        self.reset()

    @property
    def lookahead_samples(self) -> int:
        """Row k needs the samples before k * 160 + lookahead_samples, at 16 kHz."""
        rows_ahead = self._delay_rows + BLOCK_ROWS - 1
        return self._features.lookahead_samples + rows_ahead * HOP_SAMPLES

    def reset(self) -> None:
        """Forget everything: equal to a new stream."""
        self._features.reset()
        self._waiting = np.zeros((0, N_MELS), np.float32)
        self._level = np.full(1, LEVEL_FLOOR, np.float32)
        self._memory = np.zeros(self._model.memory_shape, np.float32)
        self._n_in = 0
        self._n_described = -self._delay_rows
        self._n_out = 0
        self._held: list[F32] = []

    def push(self, pcm_16k: F32) -> F32:
        """Take (N,) samples, give (rows, 52)."""
        self._n_in += len(pcm_16k)
        self._take(self._features.push(pcm_16k))
        due = (self._n_in - self.lookahead_samples) // HOP_SAMPLES + 1
        return self._give(due)

    def flush(self) -> F32:
        """The rows left, as if silence followed."""
        self._take(self._features.flush())
        rows = -(-self._n_in // HOP_SAMPLES)
        missing = max(0, rows - self._n_described - len(self._waiting))
        self._take(np.full((missing + missing % 2 + 1, N_MELS), QUIET_ROW, np.float32))
        return self._give(rows)

    def _take(self, log_mel: F32) -> None:
        rows = np.concatenate((self._waiting, log_mel))
        whole = len(rows) // BLOCK_ROWS * BLOCK_ROWS
        for start in range(0, whole, MOST_ROWS):
            blocks = rows[start : min(start + MOST_ROWS, whole)]
            _, activities, self._level, self._memory = self._model.run_blocks(
                self._lookahead_ms, blocks, self._level, self._memory
            )
            early = min(max(0, -self._n_described), len(blocks))
            self._held.append(activities[early:])
            self._n_described += len(blocks)
        self._waiting = rows[whole:]

    def _give(self, due: int) -> F32:
        count = max(0, due - self._n_out)
        if count == 0:
            return np.zeros((0, 52), np.float32)
        held = (
            np.concatenate(self._held) if self._held else np.zeros((0, N_ARTICULATORS), np.float32)
        )
        self._held = [held[count:]]
        self._n_out += count
        return decode(held[:count])
