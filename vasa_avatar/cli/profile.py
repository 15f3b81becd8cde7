"""Characters: make one of a picture or a card, check it, look at it, bring it to other programs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vasa_avatar.profiles import CharacterProfile

SUMMARY = "characters: new, check, preview, bake, import, export, schema, list, show"
_CONSENT = "who agreed to what, where the picture shows a person who exists"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """One subcommand per action; `list` without any."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    actions.add_parser("list", help="all characters (default)")
    for name, what in (
        ("show", "everything that a character's profile says"),
        ("check", "say everything that is wrong in a profile"),
        ("bake", "prepare the portrait and store the avatar beside it"),
    ):
        action = actions.add_parser(name, help=what)
        action.add_argument("id", help="id, folder or profile.yaml")
    preview = actions.add_parser("preview", help="a sheet of its face and a clip of its greeting")
    preview.add_argument("id", help="id, folder or profile.yaml")
    preview.add_argument("--out", metavar="FOLDER", help="where to put them (the profile's folder)")
    preview.add_argument("--no-clip", action="store_true", help="the sheet only")
    _add_new(actions.add_parser("new", help="a character of a portrait and a name"))
    _add_import(actions.add_parser("import", help="a character of another program's card"))
    export = actions.add_parser("export", help="a card for other programs")
    export.add_argument("id", help="id, folder or profile.yaml")
    export.add_argument("--out", required=True, metavar="CARD", help=".png, .charx or .json")
    schema = actions.add_parser("schema", help="JSON Schema of profile.yaml, for editors")
    schema.add_argument("--out", metavar="FILE", help="write it there, not to the terminal")


def _add_new(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--portrait", required=True, metavar="P.png", help="a picture of the face")
    parser.add_argument("--name", required=True, help="how the character is called")
    parser.add_argument("--consent", default="", metavar="TEXT", help=_CONSENT)
    parser.add_argument("--origin", default="", metavar="TEXT", help="who or what made the picture")
    parser.add_argument("--licence", default="", metavar="TEXT", help="what others may do with it")
    _add_root(parser)


def _add_import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "card", metavar="CARD",
        help="SillyTavern's PNG, JSON or CHARX, or Open-LLM-VTuber's conf.yaml",
    )  # fmt: skip
    parser.add_argument("--portrait", metavar="P.png", help="a picture instead of the card's own")
    parser.add_argument("--consent", default="", metavar="TEXT", help=_CONSENT)
    _add_root(parser)


def _add_root(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--in", dest="root", metavar="FOLDER",
        help="the folder of characters in which its own is made (yours, where --profile looks)",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> None:
    """Do what the action says."""
    actions: dict[str, Callable[[argparse.Namespace], None]] = {
        "show": _show, "check": _check, "bake": _bake, "preview": _preview, "new": _new,
        "import": _import, "export": _export, "schema": _schema,
    }  # fmt: skip
    actions.get(arguments.action, _list)(arguments)


def _list(arguments: argparse.Namespace) -> None:
    from vasa_avatar.profiles import list_profiles

    for profile in list_profiles():
        print(f"{profile.id:12s} {profile.name:12s} {profile.description}")


def _show(arguments: argparse.Namespace) -> None:
    import yaml

    from vasa_avatar.profiles import load_profile

    record = load_profile(arguments.id).model_dump(mode="json", exclude_none=True)
    print(yaml.safe_dump(record, sort_keys=False, allow_unicode=True, width=88).rstrip())


def _check(arguments: argparse.Namespace) -> None:
    """Exit with 1 where anything is wrong."""
    from vasa_avatar.authoring import faults_in
    from vasa_avatar.errors import ProfileError
    from vasa_avatar.profiles import load_profile

    faults = faults_in(arguments.id)
    for fault in faults:
        print(fault, file=sys.stderr)
    if faults:
        raise ProfileError(f"{len(faults)} {'fault' if len(faults) == 1 else 'faults'}")
    print(f"{load_profile(arguments.id).id}: nothing is wrong")


def _bake(arguments: argparse.Namespace) -> None:
    """Write the file that the profile's `avatar` names."""
    from vasa_avatar.cli.app import UsageError
    from vasa_avatar.cli.faces import bake_with_progress
    from vasa_avatar.profiles import load_profile

    profile = load_profile(arguments.id)
    if profile.avatar is None:
        raise UsageError(f"profile {profile.id} names no `avatar` file; add `avatar: avatar.npz`")
    if profile.avatar.exists() and profile.avatar.samefile(profile.portrait):
        raise UsageError(
            f"profile {profile.id}: `avatar` is {profile.avatar}, the portrait itself; name "
            "another file, such as avatar.npz"
        )
    points = None if profile.points is None else str(profile.points)
    bake_with_progress(profile.portrait, points).save(profile.avatar)
    print(f"{profile.avatar}: {profile.avatar.stat().st_size / 1e6:.1f} MB")


def _preview(arguments: argparse.Namespace) -> None:
    from vasa_avatar.cli.preview import write_clip, write_sheet
    from vasa_avatar.profiles import load_profile, locate_profile

    profile = load_profile(arguments.id)
    folder = Path(arguments.out or locate_profile(arguments.id).parent)
    write_sheet(profile, folder / "preview.png")
    if not arguments.no_clip:
        write_clip(profile, folder / "preview.mp4")


def _new(arguments: argparse.Namespace) -> None:
    from vasa_avatar.authoring import new_character

    profile = new_character(
        Path(arguments.portrait), arguments.name, _root(arguments), consent=arguments.consent,
        origin=arguments.origin, licence=arguments.licence,
    )  # fmt: skip
    _tell_what_next(profile)
    if profile.source.synthetic:
        print(
            "The portrait is taken for a person who does not exist. If it shows somebody real, say "
            "so under `source` in the profile: synthetic: false, and in `consent` who agreed."
        )


def _import(arguments: argparse.Namespace) -> None:
    from vasa_avatar.authoring import import_card

    portrait = Path(arguments.portrait) if arguments.portrait else None
    made = import_card(
        Path(arguments.card), _root(arguments), portrait=portrait, consent=arguments.consent
    )
    for note in made.notes:
        print(f"note: {note}")
    _tell_what_next(made.profile)


def _export(arguments: argparse.Namespace) -> None:
    from vasa_avatar.authoring import export_card
    from vasa_avatar.profiles import load_profile

    export_card(load_profile(arguments.id), Path(arguments.out))
    print(f"{arguments.out}: {Path(arguments.out).stat().st_size / 1e6:.1f} MB")


def _schema(arguments: argparse.Namespace) -> None:
    from vasa_avatar.output_file import whole_file
    from vasa_avatar.profiles import schema_text

    if not arguments.out:
        print(schema_text(), end="")
        return
    with whole_file(arguments.out) as part:
        part.write_text(schema_text(), encoding="utf-8")


def _root(arguments: argparse.Namespace) -> Path:
    from vasa_avatar.authoring import own_characters

    return Path(arguments.root) if arguments.root else own_characters()


def _tell_what_next(profile: CharacterProfile) -> None:
    """Where it lies, and the commands that are wanted now."""
    from vasa_avatar.profiles import profile_folders

    folder = profile.portrait.parent
    is_found = folder.parent in profile_folders()
    called = profile.id if is_found else str(folder)
    print(f"{profile.name} lies in {folder}")
    print(f"  vasa-avatar profile check {called}       what is wrong, if anything")
    print(f"  vasa-avatar profile preview {called}     a sheet and a clip")
    print(f"  vasa-avatar studio {called}              edit it and talk to it in the browser")
