"""The identity with which this machine signs when no other is given: made once, kept by the user.

A root of its own and a certificate for signing under it (ES256; the key usages that C2PA 2.1, 14.5
asks for). Nobody else knows that root: who checks a signature sees that the file is unchanged and
which machine's it is, not who stands behind it.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import secrets
from pathlib import Path
from typing import Any

from vasa_avatar.output_file import whole_file
from vasa_avatar.safety.signature import Identity, missing_package

_YEARS = 10
_ORGANIZATION = "vasa_avatar on this machine"


def machine_identity(folder: Path) -> Identity:
    """The identity kept in a folder; made where there is none.

    Raises:
        ProvenanceError: the extra `provenance` is not installed.
        OSError: it cannot be kept there.
    """
    kept = folder / "signing_identity.pem"
    with contextlib.suppress(FileNotFoundError):
        key, _, certificates = kept.read_text().partition("-----BEGIN CERTIFICATE-----")
        return Identity("-----BEGIN CERTIFICATE-----" + certificates, key)
    made = _made()
    with whole_file(kept) as part:
        part.chmod(0o600)
        part.write_text(made.key_pem + made.certificates_pem)
    if os.name == "posix":
        kept.chmod(0o600)
    return made


def _made() -> Identity:
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.x509.oid import ExtendedKeyUsageOID
    except ImportError as problem:
        raise missing_package() from problem
    mark = secrets.token_hex(4)
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root_name, name = _name(f"root {mark}"), _name(f"signer {mark}")
    root = _certificate(root_name, root_name, root_key, root_key, None)
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
    own = _certificate(name, root_name, key, root_key, usage)
    pem = serialization.Encoding.PEM
    return Identity(
        (own.public_bytes(pem) + root.public_bytes(pem)).decode(),
        key.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode(),
    )


def _name(common: str) -> Any:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, _ORGANIZATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _certificate(name: Any, issuer: Any, key: Any, issuer_key: Any, usage: Any) -> Any:
    """A certificate for signing where a usage is given, else one for certificates."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    is_authority = usage is None
    now = datetime.datetime.now(datetime.UTC)
    uses = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
         "encipher_only", "decipher_only"), False,
    )  # fmt: skip
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=365 * _YEARS))
        .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=not is_authority,
                key_cert_sign=is_authority,
                crl_sign=is_authority,
                **uses,
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
    )
    if usage is not None:
        builder = builder.add_extension(usage, critical=False)
    return builder.sign(issuer_key, hashes.SHA256())
