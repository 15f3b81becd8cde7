"""The engine in thirty lines: a sentence becomes sound, the sound becomes a film.

    python examples/speak_to_film.py "Good evening, and welcome." evening.mp4

What you should see: Iris says it, smiles a little more with every second, and looks aside once.
"""

from __future__ import annotations

import math
import sys

from vasa_avatar import AvatarStream, Controls, Emotion
from vasa_avatar.appearance import avatar_of
from vasa_avatar.audio.hibari_voice import HibariVoice
from vasa_avatar.media import VideoFormat, open_sink
from vasa_avatar.profiles import load_profile

FPS, SIZE_PX = 25, 512


def main(text: str, path: str) -> None:
    """Speak the text into a film."""
    iris = load_profile("iris")
    voice = HibariVoice(iris.voice.style())
    rate_hz = voice.sample_rate_hz
    session = AvatarStream(avatar_of(iris), sample_rate_hz=rate_hz, fps=FPS, size_px=SIZE_PX)
    with open_sink(path, VideoFormat(SIZE_PX, FPS, rate_hz)) as film:
        for sentence in voice.stream(text):  # one at a time, as a live source would
            session.push(sentence)
            for frame in session.pull():
                film.write(frame.frame_rgb, frame.audio)
                session.set_controls(controls_at(frame.index / FPS))
        session.flush()
        for frame in session.pull():
            film.write(frame.frame_rgb, frame.audio)


def controls_at(time_s: float) -> Controls:
    """A growing smile, and a look aside between the first and the second second."""
    looks_aside = 1.0 <= time_s < 2.0
    return Controls(
        emotions=(Emotion("happy", min(1.0, 0.2 * time_s)),),
        gaze_yaw_rad=math.radians(15) if looks_aside else 0.0,
    )


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit('usage: python examples/speak_to_film.py "TEXT" FILM.mp4')
    main(sys.argv[1], sys.argv[2])
    print(f"{sys.argv[2]} is ready")
