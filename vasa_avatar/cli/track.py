"""A filmed face becomes a motion file, which any portrait can then follow.

Motion is relative to one frame of the film. With that frame as the portrait (`--portrait-out`),
`render --motion` puts the face back where it was.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vasa_avatar.datatypes import U8, MotionClip

SUMMARY = "a filmed face becomes a motion file"
_CALMEST = "calm"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The film and where its motion goes."""
    parser.add_argument("video", metavar="V.mp4", help="a film with one face")
    parser.add_argument("--out", required=True, metavar="M.npz", help="the motion file to write")
    parser.add_argument(
        "--reference", type=_frame_number, default=0, metavar="N|calm",
        help="the frame that motion is relative to: its number (0), or the calmest one",
    )  # fmt: skip
    parser.add_argument("--portrait-out", metavar="P.png", help="save that frame as a portrait")


def run(arguments: argparse.Namespace) -> None:
    """Track and save."""
    from vasa_avatar.cli.picture_file import check_picture_name, save_picture
    from vasa_avatar.cli.places import check_outputs, pipes_as_files
    from vasa_avatar.motion import save_motion
    from vasa_avatar.output_file import check_output_file, whole_file

    still = None if arguments.portrait_out is None else Path(arguments.portrait_out)
    inputs = {"video": "the film"}
    check_outputs(arguments, inputs, {"out": "--out", "portrait_out": "--portrait-out"})
    if still is not None:
        check_picture_name("--portrait-out", still)
        check_output_file(still)
    with pipes_as_files(arguments, inputs):
        with whole_file(arguments.out) as moves:
            clip, reference = _track(arguments)
            save_motion(clip, moves)
        if still is not None:
            save_picture(_frame(arguments.video, reference), still)
    print(f"{arguments.out}: {len(clip)} frames at {clip.fps:g} fps, relative to frame {reference}")


def _track(arguments: argparse.Namespace) -> tuple[MotionClip, int]:
    """What moves in the film, and the number of the frame that it is relative to."""
    from vasa_avatar.appearance.reading import FaceLandmarker
    from vasa_avatar.appearance.tracking import calmest_frame, fit_motion, open_film, read_film
    from vasa_avatar.cli.app import UsageError
    from vasa_avatar.cli.progress import fetch_model, progress_bar
    from vasa_avatar.nets import ModelStore

    film = open_film(arguments.video)
    fetch_model("face_landmarker")
    landmarker = FaceLandmarker(ModelStore().path("face_landmarker"))
    with progress_bar(film.n_frames, "tracking", "frame") as bar:

        def count(done: int) -> None:
            bar.update(done - bar.n)

        track = read_film(arguments.video, landmarker, count)
    reference = arguments.reference
    if reference == _CALMEST:
        reference = calmest_frame(track)
    elif reference >= len(track):
        raise UsageError(f"--reference is {reference}, but the film has {len(track)} frames")
    return fit_motion(track, reference), reference


def _frame_number(text: str) -> int | str:
    if text == _CALMEST:
        return text
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is neither a frame's number nor {_CALMEST!r}")
    return int(text)


def _frame(video: str, number: int) -> U8:
    import itertools

    from vasa_avatar.appearance.tracking import open_film

    return next(itertools.islice(open_film(video).frames(), number, None))
