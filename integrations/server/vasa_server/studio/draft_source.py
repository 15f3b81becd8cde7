"""The characters that the studio's page talks to: the draft as it is, and as it was kept."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from vasa_avatar.profiles import CharacterProfile
from vasa_server.show.profile_source import ProfileSource

if TYPE_CHECKING:
    from vasa_avatar.appearance import Avatar


class DraftSource(ProfileSource):
    """Characters that come and change while the server runs."""

    def __init__(self) -> None:
        """None yet."""
        super().__init__([])

    def put(self, slot: str, profile: CharacterProfile, avatar: Avatar) -> None:
        """Make a draft known under a name; sessions that are open go on as they are."""
        before = self._profiles.get(slot)
        self._locks.setdefault(slot, threading.Lock())
        with self._locks[slot]:
            if before is not None and before.voice != profile.voice:
                self._voices.pop(slot, None)
            if self._avatars.get(slot) is not avatar:
                self._face_files.pop(slot, None)
            self._profiles[slot] = profile.model_copy(update={"id": slot})
            self._avatars[slot] = avatar

    def drop(self, slot: str) -> None:
        """Forget a draft."""
        for kept in (self._profiles, self._avatars, self._voices, self._face_files):
            kept.pop(slot, None)
