"""How much one client may ask for: a bucket of messages, and the server's options."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, field_validator

from vasa_server.host.address import parse_host, parse_origin


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
    """names under which the server is reached besides its address (against DNS rebinding); pages
    under https://NAME may connect"""
    trust_proxy: bool = False
    """a proxy of one's own stands in front: X-Forwarded-Host, -Port, -Proto tell the browser's
    address"""
    path_prefix: str = Field(default="", pattern=r"^(/[\w.~-]+)*$")
    """where a proxy puts the server, e.g. "/avatar"; requests may come with or without it"""
    resume_secret: str | None = Field(default=None, min_length=16, max_length=256)
    """signs the tokens with which clients come back; shared by servers that stand for each other.
    None: one that only this server and its workers know"""
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
    max_verified_bytes: int = Field(default=64 << 20, ge=1 << 10, le=1 << 30)
    """of a film that is to be verified; two are held at a time"""
    send_timeout_s: float = Field(default=20.0, gt=0.0)
    """a reader that takes nothing for so long is disconnected"""
    idle_timeout_s: float = Field(default=900.0, gt=0.0)
    """a client that sends nothing for so long is disconnected"""
    drain_s: float = Field(default=3.0, ge=0.0)
    """how long a closing server lets speech under way end"""

    @field_validator("allowed_origins")
    @classmethod
    def _check_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        plain = tuple(origin.rstrip("/") for origin in origins)
        for origin in plain:
            if parse_origin(origin) is None:
                raise ValueError(
                    f"{origin!r} is no origin; expected https://NAME or http://NAME:PORT"
                )
        return plain

    @field_validator("allowed_hosts")
    @classmethod
    def _check_hosts(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        names = tuple(parse_host(host).name for host in hosts)
        for host, name in zip(hosts, names, strict=True):
            if not name or "/" in host:
                raise ValueError(f"{host!r} is no host; expected a name such as me.example.org")
        return names

    @field_validator("path_prefix", mode="before")
    @classmethod
    def _plain_prefix(cls, prefix: object) -> object:
        return f"/{prefix.strip('/')}".rstrip("/") if isinstance(prefix, str) else prefix


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
