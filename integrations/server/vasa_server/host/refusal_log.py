"""Lines that tell the owner why somebody was refused and what to set; never a flood of them."""

from __future__ import annotations

import logging

from websockets.datastructures import Headers

from vasa_server.host.access import Refusal
from vasa_server.host.address import first_of

log = logging.getLogger(__name__)
_LINES, _WINDOW_S = 20, 60.0


class RefusalLog:
    """Counts refusals and writes the first of each minute; time is an argument."""

    def __init__(self) -> None:
        self.refused = 0
        self._since_s = float("-inf")
        self._written = 0

    def note(self, refusal: Refusal, headers: Headers, peer: str, now_s: float) -> None:
        """One request was refused.

        Args:
            refusal: why.
            headers: of the request.
            peer: address of whoever connected, perhaps a proxy.
            now_s: any clock.
        """
        self.refused += 1
        if now_s - self._since_s >= _WINDOW_S:
            self._since_s, self._written = now_s, 0
        self._written += 1
        if self._written > _LINES:
            return
        behind = first_of(headers, "X-Forwarded-For")
        who = f"{peer} for {behind[:60]!r}" if behind else peer
        more = "; more of this minute are not shown" if self._written == _LINES else ""
        log.warning("refused %s (%d): %s; %s%s", who, refusal.status, refusal.reason,
                    refusal.advice, more)  # fmt: skip
