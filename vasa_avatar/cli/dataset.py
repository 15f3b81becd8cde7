"""Labelled synthetic clips for builders of detectors: what moves, what is marked, how it is coded.

Clips show only characters of profiles: people who do not exist, or who agreed. Characters of the
test split never appear in the training split.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vasa_avatar.cli.arguments import add_size_argument
from vasa_avatar.errors import ProvenanceError

if TYPE_CHECKING:
    from vasa_avatar.appearance import Avatar
    from vasa_avatar.datatypes import U8, FaceMotion
    from vasa_avatar.media import Sound
    from vasa_avatar.profiles import CharacterProfile

SUMMARY = "labelled synthetic clips for builders of detectors"
PARTS = ("all", "lips", "head", "gaze")
"""what moves in a clip; the rest of the face is still"""
ENDINGS = ("mp4", "webm")
FPS = 25
_TEST_SHARE = 1 / 3
_MASK_STEP = 4
"""pixels of a frame along one edge of a mask's cell"""
_SEEN_LEVELS = 3
"""grey levels by which a pixel has to differ from the face at rest to count as changed"""
_SENTENCES = (
    "The train to the coast leaves at seven, and it will not wait for us.",
    "I have read your letter twice, and I still do not know what to say.",
    "Put the kettle on, and tell me everything from the beginning.",
    "Most people never notice how often they blink while they listen.",
    "Forty boats came back before the storm, and one came after it.",
    "Could you show me the way to the library once more, please?",
)


@dataclass(frozen=True, slots=True)
class ClipRow:
    """One line of the manifest."""

    clip: str
    motion: str
    """what moved: a motion file"""
    mask: str
    """npz: `mask`, (T, H, W) packed bits along the last axis, and `shape`"""
    split: str
    character: str
    portrait_origin: str
    portrait_licence: str
    part: str
    marked: int
    size_px: int
    fps: int
    frames: int
    seed: int
    text: str
    sha256: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to, how many, of whom."""
    parser.add_argument("--out", required=True, metavar="FOLDER", help="a new folder")
    parser.add_argument("--clips", type=int, default=16, metavar="N", help="per character (16)")
    parser.add_argument(
        "--profile", action="append", metavar="ID", help="a character; may be repeated (all)"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="another set")
    add_size_argument(parser)


def run(arguments: argparse.Namespace) -> None:
    """Make the set; the manifest is written last."""
    from vasa_avatar.cli.app import UsageError
    from vasa_avatar.output_file import whole_file
    from vasa_avatar.profiles import list_profiles, load_profile

    if arguments.clips < 1:
        raise UsageError(f"--clips is {arguments.clips}; expected at least 1")
    out = Path(arguments.out)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ProvenanceError(f"{out} is not an empty folder; give a new name")
    profiles = (
        [load_profile(name) for name in arguments.profile] if arguments.profile else list_profiles()
    )
    rows = list(_clips(profiles, out, arguments))
    with whole_file(out / "manifest.csv") as part, part.open("w", newline="") as file:
        table = csv.DictWriter(file, [field.name for field in fields(ClipRow)])
        table.writeheader()
        table.writerows(asdict(row) for row in rows)
    print(f"{out}: {len(rows)} clips of {len(profiles)} characters; manifest.csv tells them apart")


def _clips(
    profiles: list[CharacterProfile], out: Path, arguments: argparse.Namespace
) -> Iterator[ClipRow]:
    from vasa_avatar.cli.faces import face_of
    from vasa_avatar.cli.progress import progress_bar

    tests = _test_characters([profile.id for profile in profiles])
    with progress_bar(len(profiles) * arguments.clips, "rendering", "clip") as bar:
        for profile in profiles:
            avatar = face_of(profile).avatar
            for index in range(arguments.clips):
                seed = _seed(arguments.seed, profile.id, index)
                split = "test" if profile.id in tests else "train"
                yield _clip(avatar, profile, out, seed, index, split, arguments.size)
                bar.update()


def _test_characters(ids: list[str]) -> set[str]:
    """A third of the characters, by their names' hashes: none where there is only one."""
    ordered = sorted(ids, key=lambda name: hashlib.sha256(name.encode()).digest())
    return set(ordered[: round(len(ids) * _TEST_SHARE)] if len(ids) > 1 else ())


def _seed(seed: int, character: str, index: int) -> int:
    digest = hashlib.sha256(f"{seed} {character} {index}".encode()).digest()
    return int.from_bytes(digest[:4], "big")


def _clip(
    avatar: Avatar, profile: CharacterProfile, out: Path, seed: int, index: int, split: str,
    size_px: int,
) -> ClipRow:  # fmt: skip
    from vasa_avatar.cli.render import as_clip
    from vasa_avatar.cli.speech import speak_text
    from vasa_avatar.media import VideoFormat, open_sink
    from vasa_avatar.motion import save_motion
    from vasa_avatar.units import FrameClock

    part = PARTS[index % len(PARTS)]
    is_marked = bool(seed & 1)
    text = _SENTENCES[(seed >> 2) % len(_SENTENCES)]
    sound = speak_text(text, profile.voice.style(), seed).sound
    motions = [part_of(motion, part) for motion in _motions(avatar, profile, sound, seed)]
    name = f"{profile.id}_{index:04d}"
    clip = out / "clips" / f"{name}.{ENDINGS[(seed >> 1) & 1]}"
    clock = FrameClock(sound.sample_rate_hz, FPS)
    masks = []
    with open_sink(clip, VideoFormat(size_px, FPS, sound.sample_rate_hz)) as sink:
        for number, (frame_rgb, mask) in enumerate(_drawn(avatar, motions, size_px, is_marked)):
            first, end = clock.first_sample(number), clock.first_sample(number + 1)
            sink.write(frame_rgb, sound.pcm_i16[first:end])
            masks.append(mask)
    truth = out / "truth"
    truth.mkdir(exist_ok=True)
    save_motion(as_clip(motions, FPS), truth / f"{name}.npz")
    _save_masks(masks, truth / f"{name}_mask.npz")
    return ClipRow(
        f"clips/{clip.name}", f"truth/{name}.npz", f"truth/{name}_mask.npz", split, profile.id,
        profile.source.origin, profile.source.licence, part, int(is_marked), size_px, FPS,
        len(motions), seed, text, hashlib.sha256(clip.read_bytes()).hexdigest(),
    )  # fmt: skip


def _motions(
    avatar: Avatar, profile: CharacterProfile, sound: Sound, seed: int
) -> Iterator[FaceMotion]:
    from vasa_avatar.session import character_stream

    stream = character_stream(
        avatar, profile, sample_rate_hz=sound.sample_rate_hz, fps=FPS, seed=seed
    )
    stream.push(sound.pcm_i16)
    stream.flush()
    for frame in stream.pull_motion():
        yield frame.motion


def part_of(motion: FaceMotion, part: str) -> FaceMotion:
    """The same motion with only a part of the face moving: all, lips, head or gaze."""
    import numpy as np

    from vasa_avatar.datatypes import ARKIT_NAMES, FaceMotion

    if part == "all":
        return motion
    if part == "head":
        return FaceMotion(head=motion.head)
    if part == "gaze":
        return FaceMotion(gaze_rad=motion.gaze_rad)
    is_lips = np.array([name.startswith(("mouth", "jaw", "tongue")) for name in ARKIT_NAMES])
    return FaceMotion(np.where(is_lips, motion.expression, 0.0).astype(np.float32))


def _drawn(
    avatar: Avatar, motions: list[FaceMotion], size_px: int, is_marked: bool
) -> Iterator[tuple[U8, Any]]:
    """Each picture, and where it differs from the face at rest."""
    import numpy as np

    from vasa_avatar.datatypes import FaceMotion
    from vasa_avatar.render import MeshRenderer
    from vasa_avatar.safety import FILM, MarkPayload, add_mark

    renderer = MeshRenderer(avatar, size_px)
    rest = renderer.render(FaceMotion()).astype(np.int16)
    cells = size_px // _MASK_STEP
    for motion in motions:
        frame_rgb = renderer.render(motion)
        changed = (np.abs(frame_rgb - rest).max(2) >= _SEEN_LEVELS)[
            : cells * _MASK_STEP, : cells * _MASK_STEP
        ]
        mask = changed.reshape(cells, _MASK_STEP, cells, _MASK_STEP).any((1, 3))
        if is_marked:
            add_mark(frame_rgb, MarkPayload(flags=FILM), avatar.is_drawn)
        yield frame_rgb, mask


def _save_masks(masks: list[Any], path: Path) -> None:
    import numpy as np

    from vasa_avatar.output_file import whole_file

    table = np.stack(masks)
    with whole_file(path) as part, part.open("wb") as file:
        np.savez_compressed(file, mask=np.packbits(table, axis=-1), shape=np.array(table.shape))
