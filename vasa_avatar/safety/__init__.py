"""Provenance: what says that a face is synthetic, and who can tell. Label, mark, signature."""

from vasa_avatar.safety.label import FilmLabel
from vasa_avatar.safety.machine_identity import machine_identity
from vasa_avatar.safety.mark import (
    FILM,
    LIVE,
    NO_LABEL,
    MarkedRenderer,
    MarkPayload,
    MarkReading,
    add_mark,
    issuer_number,
    mark_pattern,
    mark_tile,
    mean_luma,
    read_mark,
)
from vasa_avatar.safety.report import report_of
from vasa_avatar.safety.signature import (
    Identity,
    SignatureReading,
    Statement,
    check_can_sign,
    read_identity,
    read_signature,
    sign_file,
)
from vasa_avatar.safety.verification import (
    FILM_ENDINGS,
    PICTURE_ENDINGS,
    LabelReading,
    MarkSpan,
    Verification,
    verify_file,
)

__all__ = [
    "FILM",
    "FILM_ENDINGS",
    "LIVE",
    "NO_LABEL",
    "PICTURE_ENDINGS",
    "FilmLabel",
    "Identity",
    "LabelReading",
    "MarkPayload",
    "MarkReading",
    "MarkSpan",
    "MarkedRenderer",
    "SignatureReading",
    "Statement",
    "Verification",
    "add_mark",
    "check_can_sign",
    "issuer_number",
    "machine_identity",
    "mark_pattern",
    "mark_tile",
    "mean_luma",
    "read_identity",
    "read_mark",
    "read_signature",
    "report_of",
    "sign_file",
    "verify_file",
]
