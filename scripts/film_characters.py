"""Sample clips of the shipped characters: each says its greeting, in its own voice and manner.

docs/films/ID.mp4             one clip a character
docs/pictures/characters.webp their faces in a row, as they feel at rest

    python scripts/film_characters.py
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import av
import cv2
import numpy as np

from vasa_avatar.appearance import avatar_of
from vasa_avatar.cli.app import main as run_command
from vasa_avatar.datatypes import Feeling
from vasa_avatar.motion import feeling_motion
from vasa_avatar.profiles import load_profile
from vasa_avatar.render import MeshRenderer

CHARACTERS = ("iris", "noor", "sami", "greta", "leo", "mika", "lina")
CLIP_PX, FACE_PX = 320, 180
SMALL = {"preset": "veryslow", "crf": "29"}
MOST_BYTES = 400_000
DOCS = Path(__file__).resolve().parent.parent / "docs"


def main() -> None:
    """Write the clips and the row of faces."""
    faces = []
    for name in CHARACTERS:
        profile = load_profile(name)
        film = DOCS / "films" / f"{name}.mp4"
        words = ["render", "--profile", name, "--text", profile.greeting.strip()]
        with tempfile.TemporaryDirectory() as folder:
            large = Path(folder) / "large.mp4"
            run_command([*words, "--size", str(CLIP_PX), "--out", str(large)])
            make_small(large, film)
        if film.stat().st_size > MOST_BYTES:
            raise ValueError(f"{film} has {film.stat().st_size} bytes; expected {MOST_BYTES}")
        renderer = MeshRenderer(avatar_of(profile), FACE_PX)
        faces.append(renderer.render(feeling_motion(Feeling(profile.controls().emotions))))
    picture = cv2.cvtColor(np.hstack(faces), cv2.COLOR_RGB2BGR)
    path = DOCS / "pictures" / "characters.webp"
    if not cv2.imwrite(str(path), picture, [cv2.IMWRITE_WEBP_QUALITY, 85]):
        raise OSError(f"{path} could not be written")


def make_small(large: Path, small: Path) -> None:
    """Encode the pictures again, as small as a sample may be; sound and notes stay as they are."""
    with av.open(str(large)) as source, av.open(str(small), "w", format="mp4") as sink:
        sink.metadata.update(source.metadata)
        shown, heard = source.streams.video[0], source.streams.audio[0]
        pictures = sink.add_stream("libx264", rate=shown.average_rate, options=dict(SMALL))
        pictures.width, pictures.height = shown.width, shown.height
        pictures.time_base = shown.time_base
        sound = sink.add_stream_from_template(heard)
        for packet in source.demux(shown, heard):
            if packet.dts is None:
                continue
            if packet.stream is heard:
                packet.stream = sound
                sink.mux(packet)
                continue
            for frame in packet.decode():
                sink.mux(pictures.encode(frame))
        sink.mux(pictures.encode(None))


if __name__ == "__main__":
    main()
