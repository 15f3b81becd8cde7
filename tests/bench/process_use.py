"""What another process and its children use, from Linux's /proc: computing time and memory."""

from __future__ import annotations

import os
import time
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class ProcessUse:
    """Watches one process by its id; computing time is that of its children, too."""

    def __init__(self, process_id: int) -> None:
        self._id = process_id
        self._at = Path(f"/proc/{process_id}")
        self._since_s, self._used_s = time.monotonic(), self._cpu_s()

    def cores(self) -> float:
        """Cores kept busy since the last call, on average."""
        now_s, used_s = time.monotonic(), self._cpu_s()
        cores = (used_s - self._used_s) / (now_s - self._since_s)
        self._since_s, self._used_s = now_s, used_s
        return cores

    @property
    def resident_mb(self) -> float:
        """Memory that it holds."""
        return int((self._at / "statm").read_text().split()[1]) * _PAGE_BYTES / 1e6

    def _cpu_s(self) -> float:
        children = (self._at / "task" / str(self._id) / "children").read_text().split()
        ticks = 0
        for one in (self._at, *(Path("/proc") / child for child in children)):
            # Fields 14 and 15 of proc(5)'s stat; the second field, a name, may hold blanks.
            fields = (one / "stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / _TICKS_PER_S


def resident_mb_of_children(process_id: int) -> float:
    """Memory of all processes that a process has started and that these have started, MB; what
    they share counts once for each."""
    total_mb, waiting = 0.0, [process_id]
    while waiting:
        one = waiting.pop()
        try:
            for task in Path(f"/proc/{one}/task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
            if one != process_id:
                total_mb += ProcessUse(one).resident_mb
        except OSError:  # it has just ended
            continue
    return total_mb
