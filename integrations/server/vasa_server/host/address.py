"""Under which address a browser reached the server: Host and Origin, and what a proxy says. No I/O.

A proxy that ends TLS or passes requests on under another name tells the browser's in X-Forwarded-*;
anybody can write these, so they count only where the owner says that a proxy stands in front.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from websockets.datastructures import Headers

_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
"""some proxies tell the scheme of the WebSocket"""
_USUAL_PORTS = (80, 443)


@dataclass(frozen=True, slots=True)
class Address:
    """Scheme, name and port, as far as they are told."""

    name: str
    """lower case; "" where none or nonsense was told"""
    port: int | None = None
    """None: the usual one, which many proxies write out and some get wrong"""
    scheme: str | None = None
    """http or https; None where nobody told"""
    is_proxied: bool = False
    """a proxy in front passed the request on"""

    def is_origin(self, origin: Address) -> bool:
        """Whether a page of this origin comes from this address."""
        is_downgrade = self.scheme == "https" and origin.scheme == "http"
        is_here = (self.name, self.port) == (origin.name, origin.port)
        return is_here and bool(self.name) and not is_downgrade


def parse_origin(origin: str) -> Address | None:
    """An Origin, such as https://example.org:8443; None for what is not the web's."""
    try:
        parts = urlsplit(origin)
        port, name = parts.port, parts.hostname
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not name or parts.path or parts.query:
        return None
    return Address(name.rstrip("."), _unusual(port), parts.scheme)


def parse_host(host: str) -> Address:
    """A Host, such as example.org:443."""
    try:
        parts = urlsplit(f"//{host}")
        port, name = parts.port, parts.hostname
    except ValueError:
        return Address("")
    return Address((name or "").rstrip("."), _unusual(port))


def reached_address(headers: Headers, trust_proxy: bool) -> Address:
    """The address that the browser used."""
    hosts = headers.get_all("Host")
    told = parse_host(hosts[0]) if len(hosts) == 1 else Address("")
    forwarded = {key: first_of(headers, f"X-Forwarded-{key}") for key in ("Host", "Port", "Proto")}
    is_proxied = any(forwarded.values()) or bool(first_of(headers, "X-Forwarded-For"))
    if not trust_proxy or not is_proxied:
        return told
    if forwarded["Host"]:
        told = parse_host(forwarded["Host"])
    port = told.port
    if port is None and forwarded["Port"].isdecimal():
        port = _unusual(int(forwarded["Port"]))
    scheme = _SCHEMES.get(forwarded["Proto"].lower())
    return Address(told.name, port, scheme, is_proxied=True)


def first_of(headers: Headers, key: str) -> str:
    """The first of a list of values: what the outermost proxy says of the browser."""
    return ",".join(headers.get_all(key)).partition(",")[0].strip()


def _unusual(port: int | None) -> int | None:
    return None if port in _USUAL_PORTS else port
