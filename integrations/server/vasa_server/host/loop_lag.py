"""How late the event loop runs what is due: the check that nothing of ours blocks it."""

from __future__ import annotations

import asyncio
from collections import deque

import numpy as np

_PERIOD_S = 0.02
_RECENT = 3000


class LoopLag:
    """Measures from inside the loop, every 20 ms."""

    def __init__(self) -> None:
        self._lags_s: deque[float] = deque(maxlen=_RECENT)

    async def watch(self) -> None:
        """Measure until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due_s = loop.time() + _PERIOD_S
            await asyncio.sleep(_PERIOD_S)
            self._lags_s.append(max(0.0, loop.time() - due_s))

    @property
    def p99_ms(self) -> float:
        """99 of 100 of the last minute are shorter; 0 before the first measurement."""
        lags_s = list(self._lags_s)
        return round(float(np.percentile(lags_s, 99)) * 1e3, 2) if lags_s else 0.0

    @property
    def max_ms(self) -> float:
        """The worst of the last minute."""
        return round(max(self._lags_s, default=0.0) * 1e3, 2)
