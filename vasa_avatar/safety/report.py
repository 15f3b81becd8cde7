"""What was found in a file as plain values: for JSON, and for pages."""

from __future__ import annotations

from typing import Any

from vasa_avatar.safety.mark import Square
from vasa_avatar.safety.verification import Verification


def report_of(found: Verification) -> dict[str, Any]:
    """All of it as plain values, ready for JSON."""
    signature = found.signature
    return {
        "file": str(found.path),
        "kind": found.kind,
        "synthetic": found.is_known_synthetic,
        "windows": found.n_windows,
        "whole": found.is_whole,
        "marks": [
            {
                "start_s": round(span.start_s, 3),
                "end_s": round(span.end_s, 3),
                "windows": span.n_windows,
                "issuer": span.reading.payload.issuer,
                "flags": span.reading.payload.flags,
                "z": round(span.reading.z, 2),
                "false_alarm": found.false_alarm(span),
                "scale": round(span.reading.scale, 4),
                "square_px": _edges(span.reading.square),
            }
            for span in found.marks
        ],
        "label": {
            "said": found.label.said,
            "place": found.label.place,
            "off": found.label.is_off,
            "reason": found.label.reason,
        },
        "note": found.has_note,
        "signature": None
        if signature is None
        else {
            "state": signature.state,
            "trusted": signature.is_signer_trusted,
            "signer": signature.signer,
            "problems": list(signature.problems),
            "statement": signature.statement,
        },
        "signature_hint": found.signature_hint,
    }


def _edges(square: Square | None) -> list[int] | None:
    """Left, top, side; None for the whole picture."""
    return None if square is None else [square.left_px, square.top_px, square.side_px]
