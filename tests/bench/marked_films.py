"""Films of shipped characters with or without a mark, and what encoders make of them."""

from __future__ import annotations

import io

import av
import numpy as np

from vasa_avatar import AvatarStream, load_character
from vasa_avatar.audio.hibari_voice import HibariVoice
from vasa_avatar.datatypes import U8
from vasa_avatar.safety import FILM, MarkPayload

SAID = MarkPayload(0xC0FFEE, FILM)
TEXTS = (
    "I am a face that does not exist, and every picture of me says so, wherever it goes. ",
    "Forty boats came back before the storm; one came after it, and nobody asked it why. ",
    "Oh no, really? Well, put the kettle on, and tell me everything from the very beginning. ",
)


def spoken(profile: str, number: int, seconds: float, mark: MarkPayload | None) -> list[U8]:
    """A film (T, 512, 512, 3) of a profile's character saying the sentence of a number."""
    voice = HibariVoice()
    speech = voice.speak(TEXTS[number % len(TEXTS)])
    speech = np.resize(speech, int(seconds * voice.sample_rate_hz)).astype(np.int16)
    avatar = load_character(profile).avatar
    stream = AvatarStream(avatar, voice.sample_rate_hz, seed=len(profile) + 7 * number, mark=mark)
    stream.push(speech)
    stream.flush()
    return [frame.frame_rgb for frame in stream.pull()]


def compressed(film: list[U8], codec: str, bits_per_s: int, fps: int = 25) -> list[U8]:
    """The film as an encoder's decoder gives it back."""
    options = {
        "libx264": {"preset": "veryfast"},
        "libvpx": {"deadline": "realtime", "cpu-used": "-8"},  # one speed, however busy the machine
    }
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as container:
        options_of_codec = {**options[codec], "threads": "1"}
        stream = container.add_stream(codec, rate=fps, options=options_of_codec)
        stream.height, stream.width = film[0].shape[:2]
        stream.pix_fmt, stream.bit_rate = "yuv420p", bits_per_s
        for frame in film:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    file.seek(0)
    with av.open(file) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
