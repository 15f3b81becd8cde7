"""Does the character stay who it is while it speaks? SFace cosine of frames to the portrait.

    python tests/bench/bench_identity.py iris greta leo [--audio voice.wav] [--every 15]
    python tests/bench/bench_identity.py --film clip.mp4...   a filmed person beside it

A character speaks for a minute and the frames are compared with its portrait. With --film, frames
of a person are compared with that one of them which resembles the others most: how far a living
face strays from its own picture.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from perceptual import Identity

from vasa_avatar.appearance.reading import FaceLandmarker
from vasa_avatar.appearance.tracking import open_film
from vasa_avatar.audio.hibari_voice import HibariVoice
from vasa_avatar.datatypes import F32, I16, U8
from vasa_avatar.media import read_audio
from vasa_avatar.nets import ModelStore
from vasa_avatar.profiles import load_profile
from vasa_avatar.session import AvatarStream

TEXT = (
    "Hello there. I would like to tell you a story about a small house by the sea, where an old "
    "man kept his boats. Every morning he walked down to the water, and every evening he came back "
    "with something new. "
)
SECONDS = 60
SIZE_PX = 512


class Reader:
    """Pictures to identity vectors; none where no face is found."""

    def __init__(self) -> None:
        store = ModelStore()
        self._identity = Identity(store)
        self._landmarker = FaceLandmarker(store.path("face_landmarker"))

    def embed(self, picture_rgb: U8) -> F32 | None:
        """(128,) of unit length."""
        faces = self._landmarker.detect(picture_rgb)
        return self._identity.embed(picture_rgb, faces[0].points_px) if faces else None


def speaking_frames(character: str, audio: Path | None, every: int) -> Iterator[U8]:
    """Every n-th frame of a minute of speech."""
    from vasa_avatar.cli.faces import face_of

    pcm_i16, rate_hz = _speech(audio)
    avatar = face_of(load_profile(character)).avatar
    session = AvatarStream(avatar, sample_rate_hz=rate_hz, size_px=SIZE_PX)
    session.push(pcm_i16[: SECONDS * rate_hz])
    session.flush()
    for count, frame in enumerate(session.pull_motion()):
        if count % every == 0:
            yield session.render(frame).frame_rgb


def _speech(audio: Path | None) -> tuple[I16, int]:
    if audio is not None:
        sound = read_audio(audio)
        return sound.pcm_i16, sound.sample_rate_hz
    voice = HibariVoice()
    return voice.speak(TEXT * 6), voice.sample_rate_hz


def score_character(reader: Reader, character: str, audio: Path | None, every: int) -> F32:
    """Cosines of its frames to its portrait; 0 where no face was found."""
    portrait = cv2.imread(str(load_profile(character).portrait))
    assert portrait is not None
    small = cv2.resize(portrait, (SIZE_PX, SIZE_PX), interpolation=cv2.INTER_AREA)
    own = reader.embed(np.ascontiguousarray(small[..., ::-1]))
    assert own is not None, f"no face in the portrait of {character}"
    found = [reader.embed(frame) for frame in speaking_frames(character, audio, every)]
    return np.array([0.0 if vector is None else float(vector @ own) for vector in found])


def score_film(reader: Reader, clip: Path, every: int) -> F32:
    """Cosines of a filmed person's frames to the most typical of them."""
    pictures = [frame for count, frame in enumerate(open_film(clip).frames()) if count % every == 0]
    found = [vector for picture in pictures if (vector := reader.embed(picture)) is not None]
    table = np.stack(found) @ np.stack(found).T
    return np.delete(table[table.mean(0).argmax()], table.mean(0).argmax())


def main() -> None:
    """Print one line for each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("characters", nargs="*")
    parser.add_argument("--audio", type=Path, help="what to say; a made-up story when missing")
    parser.add_argument("--every", type=int, default=15)
    parser.add_argument("--film", nargs="*", type=Path, default=[])
    given = parser.parse_args()
    reader = Reader()
    for character in given.characters:
        scores = score_character(reader, character, given.audio, given.every)
        print(
            f"{character:12s} mean {scores.mean():.3f}  worst {scores.min():.3f}  n {len(scores)}"
        )
    for clip in given.film:
        scores = score_film(reader, clip, given.every)
        print(
            f"{clip.stem:12s} mean {scores.mean():.3f}  worst {scores.min():.3f}  n {len(scores)}"
        )


if __name__ == "__main__":
    main()
