"""How much one client may ask for: a bucket of messages, and the server's options."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class ServerOptions(BaseModel):
    """Everything about a server that its owner decides."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    """loopback by default; another address asks for a token"""
    port: int = Field(default=8765, ge=0, le=65_535)
    """0 = any free port"""
    token: str | None = Field(default=None, min_length=8, max_length=256, pattern=r"^[\w.~-]+$")
    """clients must show it; None = open to all who reach the port"""
    allowed_origins: tuple[str, ...] = ()
    """origins of other sites' pages that may connect, e.g. "https://example.org"; the server's own
    page always may"""
    allowed_hosts: tuple[str, ...] = ()
    """names under which the server is reached besides its address (against DNS rebinding)"""
    max_sessions: int = Field(default=8, ge=1, le=256)
    max_connections: int = Field(default=64, ge=1, le=4096)
    max_message_bytes: int = Field(default=1 << 20, ge=1 << 12, le=1 << 24)
    max_control_bytes: int = Field(default=1 << 16, ge=1 << 10, le=1 << 20)
    max_text_chars: int = Field(default=4_000, ge=1, le=100_000)
    max_pending_speech_s: float = Field(default=120.0, gt=1.0, le=3_600.0)
    messages_per_s: float = Field(default=200.0, gt=0.0)
    message_burst: int = Field(default=400, ge=1)
    max_errors: int = Field(default=32, ge=1)
    """bad messages after which the connection is closed"""
    max_size_px: int = Field(default=1024, ge=128, le=2048)
    send_timeout_s: float = Field(default=20.0, gt=0.0)
    """a reader that takes nothing for so long is disconnected"""
    idle_timeout_s: float = Field(default=900.0, gt=0.0)
    """a client that sends nothing for so long is disconnected"""
    drain_s: float = Field(default=3.0, ge=0.0)
    """how long a closing server lets speech under way end"""


class MessageBucket:
    """A token bucket; time is an argument."""

    def __init__(self, per_s: float, burst: int, now_s: float) -> None:
        self._per_s = per_s
        self._burst = float(burst)
        self._level = float(burst)
        self._last_s = now_s

    def take(self, now_s: float) -> float:
        """Use one message; seconds to wait before it may be served, 0 = none."""
        self._level = min(self._burst, self._level + (now_s - self._last_s) * self._per_s)
        self._last_s = now_s
        self._level -= 1.0
        return max(0.0, -self._level / self._per_s)
