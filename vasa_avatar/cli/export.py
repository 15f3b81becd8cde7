"""What is drawn here, for others to draw: a face as a file for browsers."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vasa_avatar.cli.faces import Face

SUMMARY = "a face as a file that browsers draw"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """face WHO --out F.vface."""
    kinds = parser.add_subparsers(dest="kind", metavar="KIND", required=True)
    face = kinds.add_parser("face", help="a face for browsers, see docs/vface.md")
    face.add_argument(
        "who", help="a character (`vasa-avatar profile list`), its profile.yaml, or a portrait"
    )
    face.add_argument("--out", required=True, metavar="F.vface", help="the file to write")


def run(arguments: argparse.Namespace) -> None:
    """Write the file and say how large it is."""
    from vasa_avatar.browser import vface_bytes
    from vasa_avatar.cli.app import UsageError
    from vasa_avatar.cli.places import check_outputs
    from vasa_avatar.output_file import check_output_file, whole_file

    out = Path(arguments.out)
    check_outputs(arguments, {"who": "WHO"}, {"out": "--out"})
    if out.suffix != ".vface":
        raise UsageError(f"--out is {out}; the file's name ends in .vface")
    check_output_file(out)
    face = _face_of(arguments.who)
    profile = face.profile
    name = profile.name if profile else ""
    is_synthetic = profile.source.synthetic if profile else False
    data = vface_bytes(face.avatar, name, is_synthetic=is_synthetic)
    with whole_file(out) as part:
        part.write_bytes(data)
    print(f"{out}: {len(data) / 1e6:.2f} MB")


def _face_of(who: str) -> Face:
    """The face of a character, or of a picture.

    Raises:
        VasaError: it cannot be found, read or baked.
    """
    from vasa_avatar.appearance import cached_avatar
    from vasa_avatar.cli.faces import Face, bake_with_progress, face_of
    from vasa_avatar.profiles import load_profile

    path = Path(who)
    if path.is_file() and path.suffix not in (".yaml", ".yml"):
        return Face(cached_avatar(path, bake_with_progress), None)
    return face_of(load_profile(who))
