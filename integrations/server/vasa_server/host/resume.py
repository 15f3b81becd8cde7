"""Signed tokens with which a client whose connection broke comes back to the seat that it had.

A token says which character was open until when, and nothing about who it was or what was said. It
is good at every worker, and on every machine with the same secret.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets

_GOOD_FOR_S = 24 * 3600
_SIGNATURE_BYTES = 32


class ResumeTokens:
    """Issues and checks them; the time is an argument."""

    def __init__(self, secret: str | None) -> None:
        """Take a secret that others share, or make one that nobody does."""
        self._key = secret.encode() if secret is not None else secrets.token_bytes(32)

    def issue(self, character: str, now_s: float) -> str:
        """For a session that has just been opened.

        Args:
            character: its id.
            now_s: seconds since 1970.
        """
        claim = f"{int(now_s) + _GOOD_FOR_S}:{character}".encode()
        return base64.urlsafe_b64encode(self._signature(claim) + claim).decode()

    def is_good(self, token: str, character: str, now_s: float) -> bool:
        """Whether it was issued here for this character, and not too long ago."""
        try:
            data = base64.b64decode(token.encode(), b"-_", validate=True)
        except (binascii.Error, ValueError):
            return False
        signature, claim = data[:_SIGNATURE_BYTES], data[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._signature(claim)):
            return False
        until, _, named = claim.decode().partition(":")
        return named == character and now_s < int(until)

    def _signature(self, claim: bytes) -> bytes:
        return hmac.digest(self._key, claim, hashlib.sha256)
