"""A stream in thirty lines: a sentence becomes sound, the sound becomes a film.

    python examples/speak_to_film.py "Good evening, and welcome." evening.mp4

What you should see: Iris says it, smiles a little more with every second, and looks aside once.
"""

from __future__ import annotations

import sys

from vasa_avatar import AvatarStream, Controls, HibariVoice, load_character
from vasa_avatar.media import VideoFormat, open_sink

FPS, SIZE_PX = 25, 512


def main(text: str, path: str) -> None:
    """Speak the text into a film."""
    iris = load_character("iris")
    voice = HibariVoice(iris.profile.voice.style())
    rate_hz = voice.sample_rate_hz
    stream = AvatarStream(iris.avatar, sample_rate_hz=rate_hz, fps=FPS, size_px=SIZE_PX)
    with open_sink(path, VideoFormat(SIZE_PX, FPS, rate_hz)) as film:
        for sentence in voice.stream(text):  # one at a time, as a live source would
            stream.push(sentence)
            for frame in stream.pull():
                film.write(frame.frame_rgb, frame.audio)
                stream.set_controls(controls_at(frame.index / FPS))
        stream.flush()
        for frame in stream.pull():
            film.write(frame.frame_rgb, frame.audio)


def controls_at(time_s: float) -> Controls:
    """A growing smile, and a look aside between the first and the second second."""
    looks_aside = 1.0 <= time_s < 2.0
    return Controls().steered(
        {"gaze_yaw_deg": 15.0 if looks_aside else 0.0},
        emotions={"happy": min(1.0, 0.2 * time_s)},
    )


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit('usage: python examples/speak_to_film.py "TEXT" FILM.mp4')
    main(sys.argv[1], sys.argv[2])
    print(f"{sys.argv[2]} is ready")
