"""Pipecat's modules warn about their own old parts while they load; here they may, once."""

from __future__ import annotations

import warnings

import pytest

pytest.importorskip("pipecat", reason="the pipecat extra is not installed")

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    import pipecat.pipeline.worker
    import pipecat.runner.utils
    import pipecat.services.openai.llm
    import pipecat.services.tts_service
    import pipecat.tests.utils
    import pipecat.transports.smallwebrtc.transport  # noqa: F401
