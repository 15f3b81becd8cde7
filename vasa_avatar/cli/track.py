"""A filmed face becomes a motion file, which any portrait can then follow."""

from __future__ import annotations

import argparse

SUMMARY = "a filmed face becomes a motion file"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The film and where its motion goes."""
    parser.add_argument("video", metavar="V.mp4", help="a film with one face")
    parser.add_argument("--out", required=True, metavar="M.npz", help="the motion file to write")


def run(arguments: argparse.Namespace) -> None:
    """Track and save."""
    from vasa_avatar.appearance.tracker import track_video
    from vasa_avatar.cli.progress import fetch_model, progress_bar
    from vasa_avatar.motion import save_motion

    fetch_model("face_landmarker")
    with progress_bar(None, "tracking", "frame") as bar:
        clip = track_video(arguments.video, progress=lambda done: bar.update(done - bar.n))
    save_motion(clip, arguments.out)
    print(f"{arguments.out}: {len(clip)} frames at {clip.fps:g} fps")
