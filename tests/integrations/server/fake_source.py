"""Two characters whose faces and voices can be checked (see fake_face.py)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from fake_face import FakeFace, Trouble, tone
from flat_avatar import flat_avatar
from vasa_server.protocol.messages import CharacterInfo
from vasa_server.show.sources import OpenConfig, SpokenSentence, UnknownCharacter, Voice

from vasa_avatar.browser import vface_bytes
from vasa_avatar.datatypes import Controls
from vasa_avatar.profiles import EmotionSettings
from vasa_avatar.session import FaceStream


class FakeVoice:
    """One tone a word, one piece of sound a sentence."""

    sample_rate_hz = 24_000

    def stream(self, text: str) -> Iterator[SpokenSentence]:
        for sentence in text.split("."):
            words = sentence.split()
            if "unspeakable" in words:
                raise ValueError("this cannot be spoken")
            if words:
                sound = np.concatenate([tone(0.2, hz=200.0 + 10 * len(word)) for word in words])
                yield SpokenSentence(sentence.strip() + ".", sound)


class FakeSource:
    """Two characters, faces that are remembered."""

    def __init__(self) -> None:
        self.trouble = Trouble()
        self.faces: list[FakeFace] = []
        self.before_open: Callable[[], None] = lambda: None
        self._lock = threading.Lock()

    def characters(self) -> Sequence[CharacterInfo]:
        return (
            CharacterInfo(
                id="ada", name="Ada", greeting="Hello there. I am Ada.", face="face/ada.vface"
            ),
            CharacterInfo(id="bob", name="Bob"),
        )

    def controls_of(self, character: str) -> Controls:
        if character not in ("ada", "bob"):
            raise UnknownCharacter(f"there is no character {character!r}")
        return Controls()

    def emotions_of(self, character: str) -> EmotionSettings:
        return EmotionSettings()

    def open(self, config: OpenConfig) -> FaceStream:
        self.before_open()
        face = FakeFace(
            config.sample_rate_hz,
            config.fps,
            config.size_px,
            realtime=config.realtime,
            controls=config.controls,
            trouble=self.trouble,
        )
        with self._lock:
            self.faces.append(face)
        return face

    def preload(self, character: str) -> None:
        """Everything is there."""

    def face_file(self, character: str) -> bytes | None:
        self.controls_of(character)
        return vface_bytes(flat_avatar(), "Ada") if character == "ada" else None

    def voice_of(self, character: str) -> Voice | None:
        return FakeVoice()
