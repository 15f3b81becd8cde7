"""LiveKit's agents are an extra."""

from __future__ import annotations

import pytest

pytest.importorskip("livekit.agents", reason="the livekit extra is not installed")
pytest.importorskip("livekit.plugins.vasa", reason="the package was installed without this part")
