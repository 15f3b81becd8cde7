"""The person and the background apart."""

from vasa_avatar.appearance.layers.layers import Layers, cut_layers

__all__ = ["Layers", "cut_layers"]
