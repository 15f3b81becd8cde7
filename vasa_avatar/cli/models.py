"""List, fetch or find the networks that are other people's work."""

from __future__ import annotations

import argparse

SUMMARY = "networks by others: list, fetch, path"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """list (default), fetch [NAME …], path NAME."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    actions.add_parser("list", help="what is known, and what is on this machine (default)")
    fetch = actions.add_parser("fetch", help="fetch models now, to work offline later")
    fetch.add_argument("name", nargs="*", help="all that rendering can use when none is named")
    fetch.add_argument("--file", metavar="PATH", help="take the one named model from this file")
    path = actions.add_parser("path", help="where a model's file is; fetched if missing")
    path.add_argument("name")


def run(arguments: argparse.Namespace) -> None:
    """Print the table or paths; fetch what is asked for."""
    from vasa_avatar.cli.app import UsageError
    from vasa_avatar.cli.progress import fetch_model
    from vasa_avatar.nets import ModelStore

    store = ModelStore()
    if arguments.action == "fetch":
        if arguments.file is not None:
            if len(arguments.name) != 1:
                raise UsageError("--file needs exactly one model's name")
            print(store.add(arguments.name[0], arguments.file))
            return
        needed = [
            status.entry.name for status in store.list() if not status.entry.is_for_evaluation
        ]
        for name in arguments.name or needed:
            fetch_model(name)
            print(f"{name}: {store.path(name)}")
    elif arguments.action == "path":
        fetch_model(arguments.name)
        print(store.path(arguments.name))
    else:
        _print_table(store)


def _print_table(store: object) -> None:
    from vasa_avatar.nets import ModelStore

    assert isinstance(store, ModelStore)
    for status in store.list():
        entry = status.entry
        where = "here" if status.is_present else "not fetched"
        print(f"{entry.name:18s} {entry.size_bytes / 1e6:6.1f} MB  {where:12s} {entry.licence}")
        print(f"{'':18s} {entry.purpose}")
