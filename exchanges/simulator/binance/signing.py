"""Authenticate Binance's requests: key, signature over the raw text, time window."""

import base64
import re
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.binance import errors
from exchanges.simulator.transport import signing

KEY_FORMAT = re.compile(r"[A-Za-z0-9_-]{8,128}")
PUBLIC_KEY = "-----BEGIN PUBLIC KEY-----"  # begins the secret of an account that signs with a key
DEFAULT_WINDOW = 5000
MAX_WINDOW = 60_000
MAX_AHEAD_MS = 1000


def find_account(accounts: Mapping[str, Account], key: str | None) -> Account:
    if not key or not KEY_FORMAT.fullmatch(key):
        raise errors.BinanceError(*errors.BAD_KEY_FORMAT)
    return signing.find_account(accounts, key, errors.BinanceError(*errors.BAD_KEY))


def check_signature(account: Account, payload: str, signature: str | None) -> None:
    """Check the signature of a payload, which is the text exactly as sent without the signature."""
    if not signature:
        raise errors.missing_parameter("signature")
    refusal = errors.BinanceError(*errors.BAD_SIGNATURE)
    if account.secret.startswith(PUBLIC_KEY):
        _verify_signature(account.secret, payload, signature, refusal)
        return
    expected = signing.sign_payload(account.secret, payload).hex()
    signing.check_secret(expected, signature, refusal)


def _verify_signature(
    public_key: str, payload: str, signature: str, refusal: errors.BinanceError
) -> None:
    """Check an Ed25519 or RSA signature in base64; the account keeps the public key alone."""
    key = load_pem_public_key(public_key.encode())
    try:
        sent = base64.b64decode(signature, validate=True)
        if isinstance(key, RSAPublicKey):
            key.verify(sent, payload.encode(), PKCS1v15(), SHA256())
        elif isinstance(key, Ed25519PublicKey):
            key.verify(sent, payload.encode())
        else:
            raise refusal
    except (InvalidSignature, ValueError):
        raise refusal from None


def strip_signature(raw: str) -> str:
    return "&".join(part for part in raw.split("&") if not part.startswith("signature="))


def check_time(params: Mapping[str, str], now: int) -> None:
    timestamp = _read_integer(params, "timestamp")
    if timestamp is None:
        raise errors.missing_parameter("timestamp")
    window = _read_integer(params, "recvWindow") or DEFAULT_WINDOW
    if window > MAX_WINDOW:
        raise errors.BinanceError(-1131, "recvWindow must be less than 60000")
    if timestamp >= now + MAX_AHEAD_MS:
        text = "Timestamp for this request was 1000ms ahead of the server's time."
        raise errors.BinanceError(-1021, text)
    if now - timestamp > window:
        raise errors.BinanceError(-1021, "Timestamp for this request is outside of the recvWindow.")


def _read_integer(params: Mapping[str, str], name: str) -> int | None:
    value = params.get(name, "").partition(".")[0]
    if not value:
        return None
    if not value.isascii() or not value.isdigit():
        raise errors.illegal_parameter(name, r"^[0-9]{1,20}$")
    return int(value)
