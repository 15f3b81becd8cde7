"""How late an event loop wakes a task that sleeps for 2 ms: ours, and one that has nothing else to
do, in a process beside it. The other one's figures are what the machine does to any loop.
"""

from __future__ import annotations

import asyncio
import gc
import json
import subprocess
import sys
import time

import numpy as np

_SLEEP_S = 0.002


class LagMeter:
    """Measures the running loop while its context lasts."""

    def __init__(self) -> None:
        self.lags_ms: list[float] = []
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> LagMeter:
        self._task = asyncio.create_task(self._measure())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()

    async def _measure(self) -> None:
        while True:
            before_s = time.perf_counter()
            await asyncio.sleep(_SLEEP_S)
            self.lags_ms.append(1000 * (time.perf_counter() - before_s - _SLEEP_S))

    def row(self, name: str = "loop_lag") -> dict[str, float]:
        """99 of 100 waits, and the longest."""
        lags_ms = self.lags_ms or [0.0]
        return {
            f"{name}_p99": round(float(np.percentile(lags_ms, 99)), 1),
            f"{name}_max": round(max(lags_ms), 1),
        }


class CollectorMeter:
    """How long searches for garbage stop the process while its context lasts."""

    def __init__(self) -> None:
        self.longest_ms = 0.0
        self._began_s = 0.0

    def __enter__(self) -> CollectorMeter:
        gc.callbacks.append(self._note)
        return self

    def __exit__(self, *_: object) -> None:
        gc.callbacks.remove(self._note)

    def _note(self, phase: str, _info: dict[str, int]) -> None:
        if phase == "start":
            self._began_s = time.perf_counter()
        else:
            self.longest_ms = max(self.longest_ms, 1000 * (time.perf_counter() - self._began_s))


class LoopBeside:
    """A loop in a process beside this one; start it early, it takes a moment to import."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def begin(self) -> None:
        """Measure from now on."""
        self._tell()

    def end(self) -> dict[str, float]:
        """Its figures since `begin`; it ends."""
        self._tell()
        answer, _ = self._process.communicate(timeout=10)
        row: dict[str, float] = json.loads(answer)
        return row

    def _tell(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()


async def _sleep_only() -> None:
    """Between two lines on standard input."""
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, sys.stdin.readline)
    async with LagMeter() as lag:
        await loop.run_in_executor(None, sys.stdin.readline)
    print(json.dumps(lag.row("idle_loop_lag")), flush=True)


if __name__ == "__main__":
    asyncio.run(_sleep_only())
