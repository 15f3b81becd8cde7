"""Films and pictures signed with content credentials (C2PA), and what such a signature says.

Needs the extra `provenance`. Everything happens on this machine: no time stamp is asked for, no
list of trusted signers is fetched.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vasa_avatar.errors import ProvenanceError
from vasa_avatar.output_file import whole_file

SIGNED_SUFFIXES = (".mp4", ".mov", ".m4v", ".png")
"""files that can carry a signature"""
_TRAINED_MEDIA = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
_STATEMENT = "vasa_avatar.statement"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signs."""

    certificates_pem: str
    """the signer's own certificate first, then those above it"""
    key_pem: str


@dataclass(frozen=True, slots=True)
class Statement:
    """What is said about a file beside that it is synthetic."""

    program: str
    """name and version"""
    portrait_sha256: str = ""
    portrait_is_synthetic: bool | None = None
    """None where the portrait came without a profile"""
    licence: str = ""
    is_consent_stated: bool = False
    """whether the profile says who agreed; the words themselves may hold names and stay out"""
    label: str = ""
    """what the visible label says"""
    no_label_reason: str = ""
    """why the visible label was switched off"""


@dataclass(frozen=True, slots=True)
class SignatureReading:
    """What a file's signature says."""

    state: str
    """valid: the file is as it was signed; invalid: it, or the signature, was changed"""
    is_signer_trusted: bool
    """whether the signer is on a list of trusted ones, if there is such a list"""
    signer: str
    problems: tuple[str, ...]
    statement: dict[str, Any]

    @property
    def is_valid(self) -> bool:
        """Whether nothing was changed since it was signed."""
        return self.state == "valid"


def read_identity(certificates: Path, key: Path) -> Identity:
    """An identity from its two PEM files.

    Raises:
        OSError: one cannot be read.
    """
    return Identity(certificates.read_text(), key.read_text())


def sign_file(path: Path, identity: Identity, statement: Statement) -> None:
    """Sign a file where it stands; it is whole, signed or unsigned, at any moment.

    Raises:
        ProvenanceError: it cannot carry a signature, or the identity cannot sign.
        OSError: it cannot be written.
    """
    check_can_sign(path)
    c2pa = _c2pa()
    try:
        signer = c2pa.Signer.from_info(
            c2pa.C2paSignerInfo(
                c2pa.C2paSigningAlg.ES256,
                identity.certificates_pem.encode(),
                identity.key_pem.encode(),
                None,
            )
        )
        with whole_file(path) as part:
            os.unlink(part)  # the library wants to make it
            with c2pa.Builder(json.dumps(_manifest(path, statement))) as builder:
                builder.sign_file(str(path), str(part), signer)
    except c2pa.C2paError as problem:
        raise ProvenanceError(f"{path} could not be signed ({problem})") from problem


def check_can_sign(path: Path) -> None:
    """Whether a file of this name can carry a signature.

    Raises:
        ProvenanceError: it cannot.
    """
    if path.suffix.lower() not in SIGNED_SUFFIXES:
        raise ProvenanceError(
            f"{path.name} cannot carry a signature; {', '.join(SIGNED_SUFFIXES)} can. "
            "Its pictures carry the mark all the same"
        )


def read_signature(path: Path) -> SignatureReading | None:
    """What a file's signature says; None where there is none.

    Raises:
        ProvenanceError: the extra `provenance` is not installed.
    """
    c2pa = _c2pa()
    if path.suffix.lower() not in SIGNED_SUFFIXES:
        return None
    try:
        reader = c2pa.Reader.try_create(str(path))
        if reader is None:
            return None
        with reader:
            found = json.loads(reader.json())
    except (c2pa.C2paError, ValueError) as problem:
        text = str(problem)
        if "ManifestNotFound" in text:
            return None
        return SignatureReading("invalid", False, "", (text.splitlines()[0][:200],), {})
    return _reading(found)


def _reading(found: dict[str, Any]) -> SignatureReading:
    active = found.get("manifests", {}).get(found.get("active_manifest"), {})
    status = found.get("validation_status", [])
    codes = [str(entry.get("code")) for entry in status]
    untrusted = [code for code in codes if code == "signingCredential.untrusted"]
    problems = tuple(code for code in codes if code != "signingCredential.untrusted")
    statements = [a["data"] for a in active.get("assertions", []) if a.get("label") == _STATEMENT]
    return SignatureReading(
        "invalid" if problems else "valid",
        not untrusted,
        str(active.get("signature_info", {}).get("issuer") or ""),
        problems,
        dict(statements[0]) if statements else {},
    )


def _manifest(path: Path, statement: Statement) -> dict[str, Any]:
    said = {
        "synthetic": True,
        "portrait_sha256": statement.portrait_sha256,
        "portrait_is_synthetic": statement.portrait_is_synthetic,
        "licence": statement.licence,
        "consent_stated": statement.is_consent_stated,
        "label": statement.label,
        "no_label_reason": statement.no_label_reason,
    }
    name, _, version = statement.program.partition(" ")
    return {
        "claim_generator_info": [{"name": name, "version": version}],
        "title": path.name,
        "assertions": [
            {
                "label": "c2pa.actions",
                "data": {
                    "actions": [
                        {
                            "action": "c2pa.created",
                            "digitalSourceType": _TRAINED_MEDIA,
                            "softwareAgent": statement.program,
                        }
                    ]
                },
            },
            {
                "label": _STATEMENT,
                "data": {k: v for k, v in said.items() if v is not None and v != ""},
            },
        ],
    }


def _c2pa() -> Any:
    try:
        import c2pa  # type: ignore[import-untyped]  # it brings no types
    except ImportError as problem:
        raise missing_package() from problem
    return c2pa


def missing_package() -> ProvenanceError:
    """What to install."""
    return ProvenanceError('signatures need another package: pip install "vasa-avatar[provenance]"')
