"""TLS certificates by an authority of our own, so that production host names lead to loopback."""

import datetime as dt
import os
import ssl
from pathlib import Path

import trustme

VALID_FOR = dt.timedelta(days=3650)

HOST_NAMES: dict[str, dict[str, list[str]]] = {
    "binance": {
        "spot": [
            "api.binance.com",
            "api1.binance.com",
            "api2.binance.com",
            "api3.binance.com",
            "api4.binance.com",
            "api-gcp.binance.com",
            "data-api.binance.vision",
            "stream.binance.com",
            "data-stream.binance.vision",
            "ws-api.binance.com",
        ],
        "usdm": ["fapi.binance.com", "fstream.binance.com", "ws-fapi.binance.com"],
        "coinm": ["dapi.binance.com", "dstream.binance.com", "ws-dapi.binance.com"],
    },
    # Binance's paths under another name: a polled venue for tests.
    "binanceus": {"spot": ["api.binance.us"]},
    "okx": {"all": ["www.okx.com", "ws.okx.com", "wspap.okx.com"]},
    "bybit": {"all": ["api.bybit.com", "stream.bybit.com", "api.bytick.com"]},
}


def ca_file(home: Path) -> Path:
    return home / "ca.pem"


def load_tls_context(home: Path) -> ssl.SSLContext:
    """Return the server's TLS context; the certificates are created once and stay in `home`."""
    server_file = home / "server.pem"
    if not (server_file.exists() and ca_file(home).exists()):
        _create_certificates(home, server_file)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(server_file)
    return context


def _create_certificates(home: Path, server_file: Path) -> None:
    groups = [group for markets in HOST_NAMES.values() for group in markets.values()]
    names = [name for group in groups for name in group]
    authority = trustme.CA(organization_name="Fillwatch simulator (not a real venue)")
    expires = dt.datetime.now(dt.UTC) + VALID_FOR
    server = authority.issue_cert("localhost", "127.0.0.1", "::1", *names, not_after=expires)
    # The authority's own key is never written, so nothing else can be signed with it.
    _write_file(server_file, server.private_key_and_cert_chain_pem.bytes(), 0o600)
    _write_file(ca_file(home), authority.cert_pem.bytes(), 0o644)


def _write_file(path: Path, content: bytes, mode: int) -> None:
    """Write a file in one step, so that a kill cannot leave half a certificate."""
    partial = path.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    partial.replace(path)
