"""Without an extra's package the error says which command brings it."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("package", "use", "extra"),
    [
        ("websockets", "import vasa_server; vasa_server.connect", "server"),
        ("pipecat", "import pipecat_vasa", "pipecat"),
        ("livekit.agents", "import livekit.plugins.vasa", "livekit"),
    ],
)
def test_the_error_tells_what_to_install(package: str, use: str, extra: str) -> None:
    code = f"import sys; sys.modules[{package!r}] = None; {use}"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert f'pip install "vasa-avatar[{extra}]"' in done.stderr.splitlines()[-1]
