"""vasa_server: talking faces over one WebSocket, and the page that shows them."""

from __future__ import annotations

import vasa_avatar  # noqa: F401  # before everything else: its networks' runtime sends nothing then

try:
    from vasa_server.asgi import AvatarApp
    from vasa_server.client import AvatarClient, Picture, ServerRefused, Sound, connect
    from vasa_server.host.launch import run_demo, run_server
    from vasa_server.host.limits import ServerOptions
    from vasa_server.host.log_lines import log_as_json
    from vasa_server.host.server import AvatarServer
    from vasa_server.resuming import Resumed, ResumingClient, stay_connected
    from vasa_server.show.profile_source import ProfileSource
    from vasa_server.show.sources import CharacterSource, OpenConfig, UnknownCharacter, Voice
    from vasa_server.studio.launch import run_studio
except ModuleNotFoundError as problem:
    if (problem.name or "").partition(".")[0] != "websockets":
        raise
    raise ModuleNotFoundError(
        'vasa_server needs the package websockets: pip install "vasa-avatar[server]"',
        name=problem.name,
    ) from problem

__all__ = [
    "AvatarApp",
    "AvatarClient",
    "AvatarServer",
    "CharacterSource",
    "OpenConfig",
    "ProfileSource",
    "Picture",
    "Resumed",
    "ResumingClient",
    "ServerOptions",
    "ServerRefused",
    "Sound",
    "UnknownCharacter",
    "Voice",
    "connect",
    "log_as_json",
    "run_demo",
    "run_server",
    "run_studio",
    "stay_connected",
]
