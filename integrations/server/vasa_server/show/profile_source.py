"""The real source: character profiles to streams, voices, thumbnails; loaded once, shared."""

from __future__ import annotations

import base64
import logging
import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np

from vasa_avatar.audio.hibari_voice import SENTENCE_GAP_S, HibariVoice
from vasa_avatar.browser import DrawnElsewhere, vface_bytes
from vasa_avatar.datatypes import Controls
from vasa_avatar.errors import VasaError
from vasa_avatar.profiles import CharacterProfile, EmotionSettings, list_profiles
from vasa_avatar.session import FaceStream, character_stream
from vasa_server.protocol.messages import CharacterInfo
from vasa_server.show.sources import OpenConfig, SpokenSentence, UnknownCharacter, Voice

if TYPE_CHECKING:
    from vasa_avatar.appearance import Avatar

log = logging.getLogger(__name__)
_THUMBNAIL_PX = 160
_THUMBNAIL_QUALITY = 82


class ProfileSource:
    """Characters from profiles. Avatars and voices are loaded on first use and kept."""

    def __init__(self, profiles: Sequence[CharacterProfile] | None = None) -> None:
        """Take the given profiles, or all that are installed.

        Raises:
            ProfileError: an installed profile is invalid.
        """
        chosen = list_profiles() if profiles is None else profiles
        self._profiles = {profile.id: profile for profile in chosen}
        self._avatars: dict[str, Avatar] = {}
        self._voices: dict[str, _SpokenBy] = {}
        self._face_files: dict[str, bytes] = {}
        self._locks = {name: threading.Lock() for name in self._profiles}
        """Two clients who open the same face load it once; other faces do not wait for it."""

    def characters(self) -> Sequence[CharacterInfo]:
        """See CharacterSource."""
        return [
            CharacterInfo(
                id=profile.id,
                name=profile.name,
                description=profile.description,
                greeting=profile.greeting.strip(),
                portrait=_thumbnail(profile),
                origin="synthetic person" if profile.source.synthetic else "a real person",
                face=f"face/{profile.id}.vface",
                labels=tuple(profile.emotions.labels),
                label=profile.disclosure.label if profile.disclosure.shown else "",
            )
            for profile in self._profiles.values()
        ]

    def controls_of(self, character: str) -> Controls:
        """See CharacterSource."""
        return self._profile(character).controls()

    def emotions_of(self, character: str) -> EmotionSettings:
        """See CharacterSource."""
        return self._profile(character).emotions

    def open(self, config: OpenConfig) -> FaceStream:
        """See CharacterSource."""
        profile = self._profile(config.character)
        return character_stream(
            self._avatar(profile),
            profile,
            sample_rate_hz=config.sample_rate_hz,
            fps=config.fps,
            size_px=config.size_px,
            realtime=config.realtime,
            controls=config.controls,
            seed=config.seed,
            renderer=None if config.is_drawn else DrawnElsewhere(config.size_px),
        )

    def face_file(self, character: str) -> bytes | None:
        """See CharacterSource."""
        profile = self._profile(character)
        avatar = self._avatar(profile)
        with self._locks[character]:
            if character not in self._face_files:
                self._face_files[character] = vface_bytes(
                    avatar, profile.name, is_synthetic=profile.source.synthetic
                )
            return self._face_files[character]

    def voice_of(self, character: str) -> Voice | None:
        """See CharacterSource."""
        profile = self._profile(character)
        with self._locks[character]:
            if character not in self._voices:
                try:
                    self._voices[character] = _SpokenBy(HibariVoice(profile.voice.style()))
                except VasaError as problem:
                    log.warning("%s has no voice here: %s", character, problem)
                    return None
            return self._voices[character]

    def preload(self, character: str, size_px: int = 512) -> None:
        """Do now what the first `open` and `say` would do: load the face, the nets, the voice."""
        config = OpenConfig(character, 24_000, 25, size_px, False, 0, self.controls_of(character))
        face = self.open(config)
        face.render(face.idle_motion())
        voice = self.voice_of(character)
        words = [] if voice is None else [said.pcm_i16 for said in voice.stream("Hello.")]
        face.push(np.concatenate([*words, np.zeros(2_400, np.int16)]))
        face.flush()
        for frame in face.pull_motion():  # the first sound compiles what listens to it
            face.render(frame)
        self.face_file(character)

    def _profile(self, character: str) -> CharacterProfile:
        try:
            return self._profiles[character]
        except KeyError:
            known = ", ".join(sorted(self._profiles)) or "none"
            raise UnknownCharacter(
                f"there is no character {character[:40]!r}; known: {known}"
            ) from None

    def _avatar(self, profile: CharacterProfile) -> Avatar:
        from vasa_avatar.appearance import avatar_of

        with self._locks[profile.id]:
            if profile.id not in self._avatars:
                self._avatars[profile.id] = avatar_of(profile)
            return self._avatars[profile.id]


class _SpokenBy:
    """HibariVoice as a Voice."""

    sample_rate_hz = HibariVoice.sample_rate_hz

    def __init__(self, voice: HibariVoice) -> None:
        self._voice = voice
        self._pause = np.zeros(int(SENTENCE_GAP_S * voice.sample_rate_hz), np.int16)

    def stream(self, text: str) -> Iterator[SpokenSentence]:
        """See Voice."""
        sentences = self._voice.sentences(text)
        for position, sentence in enumerate(sentences):
            pause = [] if position == len(sentences) - 1 else [self._pause]
            sounds = list(self._voice.stream(sentence))
            if sounds:
                yield SpokenSentence(sentence, np.concatenate([*sounds, *pause]))


def _thumbnail(profile: CharacterProfile) -> str:
    """A small JPEG of the portrait as a data: address; empty when it cannot be read."""
    picture = cv2.imread(str(profile.portrait), cv2.IMREAD_COLOR)
    if picture is None:
        log.warning("the portrait of %s cannot be read", profile.id)
        return ""
    height, width = picture.shape[:2]
    edge = min(height, width)
    top, left = (height - edge) // 3, (width - edge) // 2  # heads sit in the upper part
    square = np.ascontiguousarray(picture[top : top + edge, left : left + edge])
    small = cv2.resize(square, (_THUMBNAIL_PX, _THUMBNAIL_PX), interpolation=cv2.INTER_AREA)
    ok, data = cv2.imencode(".jpg", small, (cv2.IMWRITE_JPEG_QUALITY, _THUMBNAIL_QUALITY))
    if not ok:
        return ""
    return "data:image/jpeg;base64," + base64.b64encode(data.tobytes()).decode("ascii")
