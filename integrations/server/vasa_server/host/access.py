"""Who may come in: token, Host and Origin of an HTTP request. No I/O."""

from __future__ import annotations

import hmac
import ipaddress
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from websockets.datastructures import Headers

from vasa_server.host.address import Address, first_of, parse_origin, reached_address
from vasa_server.host.limits import ServerOptions
from vasa_server.protocol.messages import TOKEN_SUBPROTOCOL_PREFIX

_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
_SHOWN_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is refused."""

    status: int
    reason: str
    """for whoever asked"""
    advice: str
    """for the owner: what to set"""


def is_loopback(host: str) -> bool:
    """Whether an address or name means this machine only."""
    if host in _LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class AccessPolicy:
    """Decides on one request at a time."""

    def __init__(self, options: ServerOptions) -> None:
        self._options = options
        self._checks_host = is_loopback(options.host)
        self._origins = [parse_origin(origin) for origin in options.allowed_origins]

    def refusal_of_host(self, headers: Headers) -> Refusal | None:
        """Why a request to this Host is refused; None = welcome.

        A page of a foreign site can point its own name at 127.0.0.1; its requests then carry that
        name, which is how they are told apart. A proxy that is trusted without a list of names
        answers for those that it passes on.
        """
        reached = reached_address(headers, self._options.trust_proxy)
        allowed = self._options.allowed_hosts
        if not self._checks_host or reached.name in allowed or is_loopback(reached.name):
            return None
        if reached.is_proxied and reached.name and not allowed:
            return None
        name = _shown(reached.name)
        if not name:
            return Refusal(421, "the Host header is missing or no address", "pass a Host on")
        return Refusal(
            421,
            f"this server does not answer under the name {name}",
            f"if it is a name of this server, start with --allow-host {shlex.quote(name)} "
            "(allowed_hosts)" + self._advice_on_proxy(headers),
        )

    def refusal_of_origin(self, headers: Headers) -> Refusal | None:
        """Why the page that wants to connect may not; None = welcome."""
        told = headers.get_all("Origin")
        if not told:  # not a browser
            return None
        origin = parse_origin(told[0]) if len(told) == 1 else None
        shown = _shown(" ".join(told))
        if origin is None:
            return Refusal(
                403,
                f"pages of {shown} may not connect",
                "open the page by http or https; one without an address of its own is refused",
            )
        reached = reached_address(headers, self._options.trust_proxy)
        if reached.is_origin(origin) or origin in self._origins or self._is_own_name(origin):
            return None
        return Refusal(
            403,
            f"pages of {shown} may not connect",
            f"the request came for {_shown(', '.join(headers.get_all('Host')))}; if that page is "
            f"yours, start with --allow-origin {shlex.quote(shown)} (allowed_origins)"
            + self._advice_on_proxy(headers),
        )

    def is_token_right(self, headers: Mapping[str, str], subprotocols: list[str]) -> bool:
        """Whether the request shows the token, as a header or as a second subprotocol."""
        token = self._options.token
        if token is None:
            return True
        shown = [
            name.removeprefix(TOKEN_SUBPROTOCOL_PREFIX)
            for name in subprotocols
            if name.startswith(TOKEN_SUBPROTOCOL_PREFIX)
        ]
        scheme, _, credential = headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            shown.append(credential.strip())
        return any(hmac.compare_digest(item.encode(), token.encode()) for item in shown)

    def _is_own_name(self, origin: Address) -> bool:
        """A page over TLS under a name that the owner gave: its proxy may pass on another Host."""
        is_usual = origin.scheme == "https" and origin.port is None
        return is_usual and origin.name in self._options.allowed_hosts

    def _advice_on_proxy(self, headers: Headers) -> str:
        forwarded = _shown(first_of(headers, "X-Forwarded-Host"))
        if not forwarded or self._options.trust_proxy:
            return ""
        return (
            f"; or with --trust-proxy (trust_proxy), if your own proxy passes it on for {forwarded}"
        )


def _shown(text: str) -> str:
    """What others wrote, fit for a line of a log."""
    return "".join(sign if sign.isprintable() else "?" for sign in text[:_SHOWN_CHARACTERS])
