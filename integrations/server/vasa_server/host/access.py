"""Who may come in: token, Host and Origin of an HTTP request. No I/O."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from vasa_server.host.limits import ServerOptions
from vasa_server.protocol.messages import TOKEN_SUBPROTOCOL_PREFIX

_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")


def is_loopback(host: str) -> bool:
    """Whether an address or name means this machine only."""
    if host in _LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _host_name(host_header: str) -> str:
    return (urlsplit(f"//{host_header}").hostname or "").lower()


class AccessPolicy:
    """Decides on one request at a time."""

    def __init__(self, options: ServerOptions) -> None:
        self._options = options
        self._checks_host = is_loopback(options.host)
        self._hosts = {name.lower() for name in (*_LOOPBACK_NAMES, *options.allowed_hosts)}

    def refusal_of_host(self, host_header: str | None) -> str | None:
        """Why a request under this Host is refused; None = welcome.

        A page of a foreign site can point its own name at 127.0.0.1; its requests then carry that
        name, which is how they are told apart.
        """
        if not self._checks_host:
            return None
        try:
            name = _host_name(host_header or "")
        except ValueError:
            name = ""
        if name in self._hosts or is_loopback(name):
            return None
        return "this server answers under its own address only (see allowed_hosts)"

    def refusal_of_origin(self, origin: str | None, host_header: str | None) -> str | None:
        """Why a page of this origin may not connect; None = welcome."""
        if origin is None:  # not a browser
            return None
        if origin in self._options.allowed_origins:
            return None
        try:
            parts = urlsplit(origin)
        except ValueError:
            return "the Origin header is not an address"
        if parts.scheme in ("http", "https") and parts.netloc and parts.netloc == host_header:
            return None
        return "pages of this origin may not connect (see allowed_origins)"

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
