"""FaceMotion and an avatar's assets to RGB frames."""

from vasa_avatar.render.base import Renderer
from vasa_avatar.render.choice import make_renderer
from vasa_avatar.render.mesh import MeshRenderer

__all__ = ["MeshRenderer", "Renderer", "make_renderer"]
