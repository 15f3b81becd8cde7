"""Films of shipped characters, and of other drawings by our artist, with or without a mark."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from vasa_avatar import AvatarStream, build_avatar, load_character
from vasa_avatar.appearance.avatar import Avatar
from vasa_avatar.audio.hibari_voice import HibariVoice
from vasa_avatar.datatypes import U8
from vasa_avatar.safety import FILM, MarkPayload
from vasa_avatar.training.drawing.portrait import draw_portrait

SAID = MarkPayload(0xC0FFEE, FILM)
TEXTS = (
    "I am a face that does not exist, and every picture of me says so, wherever it goes. ",
    "Forty boats came back before the storm; one came after it, and nobody asked it why. ",
    "Oh no, really? Well, put the kettle on, and tell me everything from the very beginning. ",
)


@lru_cache(maxsize=2)
def avatar_of(profile: str) -> Avatar:
    """Of a profile, or of what the artist draws from a seed where a number stands for it."""
    if profile.isdigit():
        return build_avatar(np.ascontiguousarray(draw_portrait(int(profile)).rgb))
    return load_character(profile).avatar


def spoken(profile: str, number: int, seconds: float, mark: MarkPayload | None) -> list[U8]:
    """A film (T, 512, 512, 3) of `avatar_of` a profile saying the sentence of a number."""
    voice = HibariVoice()
    speech = voice.speak(TEXTS[number % len(TEXTS)])
    speech = np.resize(speech, int(seconds * voice.sample_rate_hz)).astype(np.int16)
    avatar = avatar_of(profile)
    stream = AvatarStream(avatar, voice.sample_rate_hz, seed=len(profile) + 7 * number, mark=mark)
    stream.push(speech)
    stream.flush()
    return [frame.frame_rgb for frame in stream.pull()]
