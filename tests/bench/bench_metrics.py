"""What one scrape of /metrics costs the server: computing time, with many sessions and workers.

    python tests/bench/bench_metrics.py [--sessions 100] [--workers 16]

Sessions speak meanwhile, with faces that cost nothing; the other workers' rows come from memory, as
theirs do. It is the thread's own computing time, so other work on the machine counts little. The
bar is 5 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / part) for part in ("", "integrations/server")]

from fake_source import FakeSource  # noqa: E402
from vasa_server.client import connect  # noqa: E402
from vasa_server.host.limits import ServerOptions  # noqa: E402
from vasa_server.host.metrics_page import metrics_text  # noqa: E402
from vasa_server.host.server import AvatarServer  # noqa: E402


async def measure(sessions: int, workers: int) -> dict[str, float]:
    """Milliseconds of a scrape."""
    options = ServerOptions(port=0, max_sessions=sessions, max_connections=sessions + 8)
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(AvatarServer(FakeSource(), options))
        for _ in range(sessions):
            client = await stack.enter_async_context(connect(server.websocket_url))
            await client.open("ada", size_px=128)
            await client.say("One two three four five six seven eight nine ten.")
        await asyncio.sleep(1.0)
        costs_ms = []
        for _ in range(30):
            begun_s = time.thread_time()
            own = server._service._figures()
            text = metrics_text([own] * workers)
            costs_ms.append((time.thread_time() - begun_s) * 1e3)
            await asyncio.sleep(0.02)
    costs_ms.sort()
    return {
        "sessions": sessions,
        "workers": workers,
        "scrape_ms_p50": round(costs_ms[len(costs_ms) // 2], 2),
        "scrape_ms_max": round(costs_ms[-1], 2),
        "bytes": len(text),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=100)
    parser.add_argument("--workers", type=int, default=16)
    arguments = parser.parse_args()
    print(json.dumps(asyncio.run(measure(arguments.sessions, arguments.workers)), indent=2))


if __name__ == "__main__":
    main()
