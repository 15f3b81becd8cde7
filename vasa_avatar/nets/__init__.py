"""Other people's networks: where their files come from, and a checked wrapper to run them."""

from vasa_avatar.nets.device import chosen_device
from vasa_avatar.nets.manifest import MANIFEST, ModelEntry, PackageSource
from vasa_avatar.nets.onnx_model import OnnxModel
from vasa_avatar.nets.store import ModelStatus, ModelStore

__all__ = [
    "MANIFEST",
    "ModelEntry",
    "ModelStatus",
    "ModelStore",
    "OnnxModel",
    "PackageSource",
    "chosen_device",
]
