"""vasa_server: talking faces over one WebSocket, and the page that shows them."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING, Any

import vasa_avatar  # noqa: F401  # before everything else: its networks' runtime sends nothing then

if TYPE_CHECKING:
    from vasa_server.client import AvatarClient, Picture, ServerRefused, Sound, connect
    from vasa_server.host.launch import run_demo, run_server
    from vasa_server.host.limits import ServerOptions
    from vasa_server.host.server import AvatarServer
    from vasa_server.show.sources import CharacterSource, OpenConfig, UnknownCharacter, Voice

__all__ = [
    "AvatarClient",
    "AvatarServer",
    "OpenConfig",
    "Picture",
    "ServerOptions",
    "ServerRefused",
    "Sound",
    "CharacterSource",
    "UnknownCharacter",
    "Voice",
    "connect",
    "run_demo",
    "run_server",
]

_HOMES = {
    "AvatarClient": "client",
    "AvatarServer": "host.server",
    "OpenConfig": "show.sources",
    "Picture": "client",
    "ServerOptions": "host.limits",
    "ServerRefused": "client",
    "Sound": "client",
    "CharacterSource": "show.sources",
    "UnknownCharacter": "show.sources",
    "Voice": "show.sources",
    "connect": "client",
    "run_demo": "host.launch",
    "run_server": "host.launch",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(_import_part(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _import_part(name: str) -> ModuleType:
    try:
        return importlib.import_module(f"vasa_server.{name}")
    except ModuleNotFoundError as problem:
        if (problem.name or "").partition(".")[0] != "websockets":
            raise
        raise ModuleNotFoundError(
            'vasa_server needs the package websockets: pip install "vasa-avatar[server]"',
            name=problem.name,
        ) from problem
