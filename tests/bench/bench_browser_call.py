"""Lips and voice in the bot's page, measured in the page itself; JSON on standard output.

    python tests/bench/bench_browser_call.py [--replies 3]

Beeps in the sound that the page plays against flashes in the frames that it is about to show, in
milliseconds, + = the picture is late. Needs Chromium, no screen; bench_browser_sync.py reads screen
and sound card instead.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from pathlib import Path
from typing import Any

_TESTS = Path(__file__).parents[1]
for _folder in ("", "integrations/pipecat"):
    sys.path.insert(0, str(_TESTS / _folder))

from page_rig import FLASHING_BOT, STATE, served, visit  # noqa: E402

REPLY_MS = 9_000  # of eight seconds
SCRIPT = FLASHING_BOT.with_name("measure_call_skew.js")


def measure(replies: int) -> dict[str, list[float]]:
    """When beeps were heard and flashes seen."""
    found: dict[str, list[float]] = {}

    async def look(page: Any) -> None:
        script = SCRIPT.read_text().split("\n", 1)[1]
        await page.wait_for_function(f"{STATE} === 'Connected'", timeout=60_000)
        await page.evaluate(script.rstrip().removesuffix(";"))
        for _ in range(replies):
            await page.get_by_label("What to say").fill("beep")
            await page.get_by_role("button", name="Send").click()
            await page.wait_for_timeout(REPLY_MS)
        for name in ("heardAt", "seenAt"):
            found[name] = await page.evaluate(name)

    with served(FLASHING_BOT) as url:
        visit(url, look)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replies", type=int, default=3)
    options = parser.parse_args()
    found = measure(options.replies)
    skews = [min((at - beep for at in found["seenAt"]), key=abs) for beep in found["heardAt"]]
    row = {
        "beeps": len(skews),
        "expected": 10 * options.replies,
        "mean": round(statistics.mean(skews), 1),
        "median": round(statistics.median(skews), 1),
        "worst": round(max(skews, key=abs), 1),
        "each": [round(skew) for skew in skews],
    }
    print(json.dumps(row))


if __name__ == "__main__":
    main()
