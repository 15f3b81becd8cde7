"""A face speaks a sound file or a text, or follows a motion file, into a film."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vasa_avatar.cli.arguments import (
    LOOKAHEADS_MS,
    add_control_arguments,
    add_face_arguments,
    add_fps_argument,
    add_size_argument,
    is_steered,
)
from vasa_avatar.cli.places import is_page_name

if TYPE_CHECKING:
    from vasa_avatar.cli.faces import Face
    from vasa_avatar.cli.speech import Speech
    from vasa_avatar.datatypes import I16, U8, Controls, FaceMotion, MotionClip
    from vasa_avatar.media import Sound
    from vasa_avatar.render.base import Renderer
    from vasa_avatar.safety import FilmLabel, MarkPayload

SUMMARY = "a face speaks, or follows a motion file, into mp4, webm, a page or PNGs"
DEFAULT_FPS = 25


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The face, what drives it, and the film."""
    add_face_arguments(parser)
    parser.add_argument("--audio", metavar="A.wav", help="speech, in any format that FFmpeg reads")
    parser.add_argument("--text", metavar="TEXT", help="English text, spoken by the offline voice")
    parser.add_argument(
        "--words", metavar="W.json",
        help="the words of --audio with their times: a list of {text, start_s, end_s}",
    )  # fmt: skip
    parser.add_argument(
        "--language", metavar="TAG", default="en", help="language of --words, such as de or pt-BR"
    )
    parser.add_argument(
        "--motion", metavar="M.npz",
        help="a motion file moves the face; --audio or --text then only sounds",
    )  # fmt: skip
    parser.add_argument(
        "--out", required=True, metavar="O.mp4",
        help="mp4, mov, webm, html (a page that plays anywhere), or a name without an ending "
        "for a folder of PNGs",
    )  # fmt: skip
    add_fps_argument(parser)
    add_size_argument(parser)
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="another life of blinks and nods"
    )
    add_control_arguments(parser)
    _add_provenance_arguments(parser)
    parser.add_argument(
        "--motion-out", metavar="M.npz", help="also save what moved as a motion file"
    )
    parser.add_argument(
        "--lookahead-ms", type=int, choices=LOOKAHEADS_MS, default=160,
        help="160 for files (default), 80 as in a live conversation",
    )  # fmt: skip


def _add_provenance_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--issuer", metavar="NAME", default="",
        help="who makes this: its number goes into the mark that every picture carries",
    )  # fmt: skip
    parser.add_argument(
        "--sign", metavar="CERT,KEY", nargs="?", const="",
        help="sign the film (C2PA); without a value with an identity made once for this machine",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> None:
    """Render; the files are complete, or as they were, when this returns or raises."""
    from vasa_avatar.cli.disclosure import film_signing
    from vasa_avatar.cli.places import check_film, check_outputs, pipes_as_files
    from vasa_avatar.motion import save_motion
    from vasa_avatar.output_file import whole_file

    inputs = {"portrait": "--portrait", "audio": "--audio", "motion": "--motion"}
    inputs["words"] = "--words"
    outputs = {"out": "--out", "motion_out": "--motion-out"}
    _check_combination(arguments)
    check_outputs(arguments, inputs, outputs)
    check_film(arguments.out)
    with pipes_as_files(arguments, inputs), ExitStack() as written:
        moves = arguments.motion_out and written.enter_context(whole_file(arguments.motion_out))
        signing = None if arguments.sign is None else film_signing(arguments)
        made = _render(arguments)
        if signing is not None:
            signing()
        if moves:
            save_motion(made, moves)


def _render(arguments: argparse.Namespace) -> MotionClip:
    """Write the film; what moved in it."""
    from vasa_avatar.cli.arguments import controls_from
    from vasa_avatar.cli.disclosure import film_label, film_mark
    from vasa_avatar.cli.faces import load_face, named_profile
    from vasa_avatar.cli.speech import read_speech

    profile = named_profile(arguments)
    controls = controls_from(arguments, profile)
    speech = read_speech(arguments, profile)
    clip = _read_motion(arguments)
    face = load_face(arguments)
    film = Film(
        out=Path(arguments.out),
        fps=arguments.fps or (clip and _nearest_fps(clip.fps)) or DEFAULT_FPS,
        size_px=arguments.size,
        seed=arguments.seed,
        realtime=arguments.lookahead_ms == min(LOOKAHEADS_MS),
        mark=film_mark(arguments.issuer, profile),
        label=film_label(profile),
    )
    if clip is not None:
        made = render_motion(face, clip, None if speech is None else speech.sound, film)
    else:
        assert speech is not None
        made = render_speech(face, speech, film, controls)
    print(f"{film.out}: {len(made)} frames at {film.fps} fps, {len(made) / film.fps:.1f} s")
    return made


@dataclass(frozen=True, slots=True)
class Film:
    """Where and how to render."""

    out: Path
    fps: int = DEFAULT_FPS
    size_px: int = 512
    seed: int = 0
    realtime: bool = False
    mark: MarkPayload | None = None
    label: FilmLabel | None = None

    @property
    def is_page(self) -> bool:
        """A page draws by itself: it is given what moves, not pictures."""
        return is_page_name(self.out)


def render_speech(face: Face, speech: Speech, film: Film, controls: Controls) -> MotionClip:
    """The face speaks, and acts out the words that are known.

    Returns:
        What moved, one row per frame of the film.
    """
    from vasa_avatar.session import character_stream
    from vasa_avatar.units import FrameClock

    sound = speech.sound
    session = character_stream(
        face.avatar,
        face.profile,
        sample_rate_hz=sound.sample_rate_hz,
        fps=film.fps,
        size_px=film.size_px,
        realtime=film.realtime,
        controls=controls,
        seed=film.seed,
        language=speech.language,
        mark=film.mark,
    )
    session.push_words(speech.words)

    def shown() -> Iterator[_Shown]:
        for frame in session.pull_motion():
            picture = None if film.is_page else session.render(frame).frame_rgb
            yield _Shown(picture, frame.audio, frame.motion)

    def frames() -> Iterator[_Shown]:
        for first in range(0, len(sound.pcm_i16), sound.sample_rate_hz):
            session.push(sound.pcm_i16[first : first + sound.sample_rate_hz])
            yield from shown()
        session.flush()
        yield from shown()

    n_frames = FrameClock(sound.sample_rate_hz, film.fps).frames_for(len(sound.pcm_i16))
    return _write_film(frames, n_frames, sound, face, film)


def render_motion(face: Face, clip: MotionClip, sound: Sound | None, film: Film) -> MotionClip:
    """The face follows a motion file; the sound, if any, begins with it and is kept whole.

    When the sound is longer than the motion, the last pose is held.
    """
    import numpy as np

    from vasa_avatar.motion import Trail, resample_motion
    from vasa_avatar.render import make_renderer
    from vasa_avatar.safety import MarkedRenderer
    from vasa_avatar.units import FrameClock

    moved = clip if clip.fps == film.fps else resample_motion(clip, film.fps)
    renderer: Renderer = make_renderer(face.avatar, film.size_px)
    if film.mark is not None:
        renderer = MarkedRenderer(renderer, film.mark, face.avatar.is_drawn)
    clock = None if sound is None else FrameClock(sound.sample_rate_hz, film.fps)
    n_frames = len(moved)
    if sound is not None and clock is not None:
        n_frames = max(n_frames, clock.frames_for(len(sound.pcm_i16)))

    def frames() -> Iterator[_Shown]:
        trail = Trail(film.fps)
        for index in range(n_frames):
            motion = trail.follow(moved.frame(min(index, len(moved) - 1)))
            pcm = np.zeros(0, np.int16)
            if sound is not None and clock is not None:
                pcm = sound.pcm_i16[clock.first_sample(index) : clock.first_sample(index + 1)]
            picture = None if film.is_page else renderer.render(motion)
            yield _Shown(picture, pcm, motion)

    return _write_film(frames, n_frames, sound, face, film)


@dataclass(frozen=True, slots=True, eq=False)
class _Shown:
    frame_rgb: U8 | None
    """None when the film is a page"""
    pcm_i16: I16
    motion: FaceMotion


def _write_film(
    frames: Callable[[], Iterator[_Shown]],
    n_frames: int,
    sound: Sound | None,
    face: Face,
    film: Film,
) -> MotionClip:
    """Draw in this thread, encode in another; return what moved."""
    from vasa_avatar.cli.overlap import BackgroundSink
    from vasa_avatar.cli.progress import progress_bar
    from vasa_avatar.media import VideoFormat, open_sink

    motions: list[FaceMotion] = []
    if film.is_page:
        with progress_bar(n_frames, "moving", "frame") as bar:
            for shown in frames():
                motions.append(shown.motion)
                bar.update()
        _write_page(motions, sound, face, film)
        return as_clip(motions, film.fps)
    rate_hz = None if sound is None else sound.sample_rate_hz
    video_format = VideoFormat(film.size_px, film.fps, rate_hz)
    with (
        BackgroundSink(open_sink(film.out, video_format)) as sink,
        progress_bar(n_frames, "rendering", "frame") as bar,
    ):
        for shown in frames():
            assert shown.frame_rgb is not None
            if film.label is not None:
                film.label.draw(shown.frame_rgb, len(motions) / film.fps)
            sink.write(shown.frame_rgb, shown.pcm_i16)
            motions.append(shown.motion)
            bar.update()
    return as_clip(motions, film.fps)


def _write_page(motions: list[FaceMotion], sound: Sound | None, face: Face, film: Film) -> None:
    """Face, motion and sound in one file."""
    from vasa_avatar.browser import FilmSound, film_page
    from vasa_avatar.output_file import whole_file

    heard = None if sound is None else FilmSound(sound.pcm_i16, sound.sample_rate_hz)
    name = face.profile.name if face.profile else ""
    markup = film_page(
        face.avatar, motions, film.fps, heard, name,
        label=film.label.text if film.label else "", mark=film.mark,
    )  # fmt: skip
    with whole_file(film.out) as part:
        part.write_text(markup, encoding="utf-8")


def as_clip(motions: list[FaceMotion], fps: int) -> MotionClip:
    """What moved, as a motion file holds it."""
    import numpy as np

    from vasa_avatar.datatypes import MotionClip

    return MotionClip(
        float(fps),
        np.stack([motion.expression for motion in motions]),
        np.stack([motion.head.rotation_rad for motion in motions]),
        np.stack([motion.head.translation for motion in motions]),
        np.stack([motion.gaze_rad for motion in motions]),
    )


def _check_combination(arguments: argparse.Namespace) -> None:
    from vasa_avatar.cli.app import UsageError

    if arguments.audio and arguments.text:
        raise UsageError("--audio and --text exclude each other")
    if not (arguments.audio or arguments.text is not None or arguments.motion):
        raise UsageError("nothing to do: give --audio, --text or --motion")
    if arguments.motion and is_steered(arguments):
        raise UsageError("--motion says everything that moves; leave out the other controls")


def _read_motion(arguments: argparse.Namespace) -> MotionClip | None:
    if not arguments.motion:
        return None
    from vasa_avatar.motion import load_motion

    return load_motion(arguments.motion)


def _nearest_fps(fps: float) -> int:
    from vasa_avatar.units import SUPPORTED_FPS

    return min(SUPPORTED_FPS, key=lambda supported: abs(supported - fps))
