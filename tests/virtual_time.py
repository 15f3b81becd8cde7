"""An event loop whose clock jumps: seconds of waiting pass at once, in the same order as ever.

Time stands still while anything is to be done and moves to the next alarm when there is nothing.
Work for threads is done in line, so no thread is ever waited for and every run is the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar

T = TypeVar("T")
_BEGIN_S = 1_000.0


class VirtualLoop(asyncio.SelectorEventLoop):
    """Its time is virtual; sockets and pipes are looked at, never waited for."""

    def __init__(self) -> None:
        super().__init__()
        self._now_s = _BEGIN_S
        selector, select = self._selector, self._selector.select  # type: ignore[attr-defined]

        def jump(timeout: float | None = None) -> Any:
            ready = select(0)
            if not ready and timeout is None:
                raise RuntimeError("everything waits, and nothing will ever happen")
            if not ready and timeout:
                self._now_s += timeout
            return ready

        selector.select = jump

    def time(self) -> float:
        """Virtual seconds."""
        return self._now_s

    def spend(self, seconds: float) -> None:
        """Something computes for so long."""
        self._now_s += seconds

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        """Do it now; an executor that already has a thread does it there, and is waited for.

        What comes of it is told in the loop's next round, as a thread would.
        """
        done = self.create_future()
        try:
            if getattr(executor, "_threads", None):
                assert executor is not None
                result = executor.submit(func, *args).result()
            else:
                result = func(*args)
        except Exception as problem:
            self.call_soon(_settle, done.set_exception, done, problem)
        else:
            self.call_soon(_settle, done.set_result, done, result)
        return done


def _settle(settle: Callable[[Any], None], done: asyncio.Future[Any], outcome: Any) -> None:
    if not done.done():  # cancelled meanwhile
        settle(outcome)


def run_virtual(work: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run`, in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)


def virtual_loop() -> VirtualLoop:
    """The loop that runs now, which must be a virtual one."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    return loop


def is_virtual() -> bool:
    """Whether this is called in line from a VirtualLoop."""
    try:
        return isinstance(asyncio.get_running_loop(), VirtualLoop)
    except RuntimeError:
        return False
