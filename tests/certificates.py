"""An authority of the tests, and what it signs."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Signed:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        form, lock = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        return self.key.private_bytes(serialization.Encoding.PEM, form, lock).decode()


def authority() -> Signed:
    return _signed("authority", None)


def signed_by(issuer: Signed, *, days: int = 1, address: str = "127.0.0.1") -> Signed:
    """A certificate of `address` that ends in `days`."""
    return _signed("service", issuer, days=days, address=address)


def server_context(own: Signed, folder: Path, *, clients_of: Signed | None = None) -> ssl.SSLContext:
    """A server's; it talks only to who has a certificate of `clients_of`, where that is given."""
    path = folder / f"{own.certificate.serial_number}.pem"
    path.write_text(own.key_pem + own.pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    if clients_of is not None:
        context.load_verify_locations(cadata=clients_of.pem)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def _signed(name: str, issuer: Signed | None, *, days: int = 1, address: str = "127.0.0.1") -> Signed:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer, signer_key = (issuer.certificate.subject, issuer.key) if issuer else (subject, key)
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder(signer, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer_key.public_key()), critical=False
        )
    )
    if issuer is None:
        usage = dict.fromkeys(
            (
                *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
                *("key_agreement", "encipher_only", "decipher_only"),
            ),
            False,
        )
        built = built.add_extension(x509.KeyUsage(key_cert_sign=True, crl_sign=True, **usage), critical=True)
    else:
        built = built.add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False
        )
    return Signed(built.sign(signer_key, hashes.SHA256()), key)
