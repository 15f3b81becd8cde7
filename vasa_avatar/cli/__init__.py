"""The `vasa-avatar` command."""

from vasa_avatar.cli.app import main

__all__ = ["main"]
