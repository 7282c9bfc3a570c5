"""Ed25519 and RSA keys, however they were pasted."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from exchanges.secrets.private_keys import UnusableKey, normalise_private_key
from tests.exchanges.keys.private_keys import make_ed25519, make_rsa, write_private


@pytest.mark.parametrize(("kind", "make"), [("Ed25519", make_ed25519), ("RSA", make_rsa)])
def test_every_way_to_paste_a_key_gives_the_same(kind: str, make: type) -> None:
    pem = write_private(make())
    pasted = [
        pem,
        pem.strip(),
        pem.replace("\n", "\r\n"),
        pem.replace("\n", ""),
        pem.replace("\n", " "),
        f"\n  {pem}\n\n",
    ]
    assert {normalise_private_key(text) for text in pasted} == {(kind, pem.strip())}


def test_ccxt_takes_an_ed25519_key_for_one() -> None:
    """It tells the two kinds apart by the length alone."""
    _, pem = normalise_private_key(write_private(make_ed25519()).replace("\n", "\r\n"))
    assert len(pem) <= 120


def test_an_rsa_key_in_the_older_format() -> None:
    key = make_rsa()
    older = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    assert normalise_private_key(older.decode()) == ("RSA", write_private(key).strip())


def _public() -> str:
    return (
        make_ed25519()
        .public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def _with_password() -> str:
    encryption = BestAvailableEncryption(b"secret")
    return make_ed25519().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()


@pytest.mark.parametrize(
    ("pem", "reason"),
    [
        (_public(), "public key"),
        (_with_password(), "has a password"),
        (write_private(make_ed25519()).replace("-----END", "----END"), "first or last line"),
        (write_private(make_ed25519()).replace("MC4C", "MC4D"), "cannot be read"),
        (write_private(make_rsa(bits=1024)), "shorter than 2048 bits"),
        (write_private(ec.generate_private_key(ec.SECP256R1())), "Only Ed25519 and RSA"),
        ("-----BEGIN CERTIFICATE-----AA==-----END CERTIFICATE-----", "no private key"),
    ],
)
def test_what_signs_nothing_is_refused_and_not_repeated(pem: str, reason: str) -> None:
    with pytest.raises(UnusableKey, match=reason) as refused:
        normalise_private_key(pem)
    assert not any(line in str(refused.value) for line in pem.splitlines() if line)
