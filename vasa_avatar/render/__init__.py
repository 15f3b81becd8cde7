"""FaceMotion and an avatar's assets to RGB frames."""

from vasa_avatar.render.base import Renderer
from vasa_avatar.render.mesh import MeshRenderer

__all__ = ["MeshRenderer", "Renderer"]
