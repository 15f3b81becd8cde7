"""List the characters, show one, or prepare one's portrait."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vasa_avatar.profiles import CharacterProfile

SUMMARY = "characters: list, show, bake"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """list (default), show ID, bake ID."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    actions.add_parser("list", help="all characters (default)")
    show = actions.add_parser("show", help="everything that a character's profile says")
    bake = actions.add_parser("bake", help="prepare the portrait and store the avatar beside it")
    for action in (show, bake):
        action.add_argument("id", help="id, folder or profile.yaml")


def run(arguments: argparse.Namespace) -> None:
    """Print one line per character, or one character as YAML."""
    import yaml

    from vasa_avatar.profiles import list_profiles, load_profile

    if arguments.action == "show":
        record = load_profile(arguments.id).model_dump(mode="json", exclude_none=True)
        print(yaml.safe_dump(record, sort_keys=False, allow_unicode=True, width=88).rstrip())
        return
    if arguments.action == "bake":
        _bake(load_profile(arguments.id))
        return
    for profile in list_profiles():
        print(f"{profile.id:12s} {profile.name:12s} {profile.description}")


def _bake(profile: CharacterProfile) -> None:
    """Write the file that the profile's `avatar` names."""
    from vasa_avatar.cli.app import UsageError
    from vasa_avatar.cli.faces import bake_with_progress

    if profile.avatar is None:
        raise UsageError(f"profile {profile.id} names no `avatar` file; add `avatar: avatar.npz`")
    if profile.avatar.exists() and profile.avatar.samefile(profile.portrait):
        raise UsageError(
            f"profile {profile.id}: `avatar` is {profile.avatar}, the portrait itself; name "
            "another file, such as avatar.npz"
        )
    bake_with_progress(profile.portrait).save(profile.avatar)
    print(f"{profile.avatar}: {profile.avatar.stat().st_size / 1e6:.1f} MB")
