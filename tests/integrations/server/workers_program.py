"""A server of several workers with fake characters: python workers_program.py OPTIONS-AS-JSON."""

from __future__ import annotations

import sys
from typing import Any

from fake_source import FakeSource
from vasa_server import ServerOptions, run_server


def tell(line: str) -> None:
    """Say it at once."""
    print(line, flush=True)  # noqa: T201


if __name__ == "__main__":
    source: Any = FakeSource()
    run_server(ServerOptions.model_validate_json(sys.argv[1]), source=source, workers=2, tell=tell)
