"""The version that LiveKit shows for this plugin."""

from vasa_avatar import __version__

__all__ = ["__version__"]
