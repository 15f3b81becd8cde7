"""List the characters, or show one."""

from __future__ import annotations

import argparse

SUMMARY = "characters: list, show"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """list (default), show ID."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    actions.add_parser("list", help="all characters (default)")
    show = actions.add_parser("show", help="everything that a character's profile says")
    show.add_argument("id", help="id, folder or profile.yaml")


def run(arguments: argparse.Namespace) -> None:
    """Print one line per character, or one character as YAML."""
    import yaml

    from vasa_avatar.profiles import list_profiles, load_profile

    if arguments.action == "show":
        record = load_profile(arguments.id).model_dump(mode="json", exclude_none=True)
        print(yaml.safe_dump(record, sort_keys=False, allow_unicode=True, width=88).rstrip())
        return
    for profile in list_profiles():
        print(f"{profile.id:12s} {profile.name:12s} {profile.description}")
