"""Paper trading: open accounts at the simulated venue by its control API."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from users.http import release_connections

NO_PROXY: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))
TIMEOUT_SECONDS: Final = 10.0


def is_enabled() -> bool:
    return bool(settings.SIMULATOR_ENDPOINT)


class SimulatorUnavailable(Exception):
    """The simulated venue does not answer, or refused."""


class SimulatorRefused(SimulatorUnavailable):
    """The simulated venue did nothing; the argument says why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status}: {reason}")
        self.status, self.reason = status, reason


@dataclass(frozen=True, slots=True, repr=False)
class SimulatorAccount:
    """A key and its secret, to be sealed at once."""

    key: str
    secret: str
    passphrase: str


def open_account(
    label: str, balances: Mapping[str, str], *, for_contracts: bool = False
) -> SimulatorAccount:
    """Open an account with money in its spot wallet, or in its futures wallet."""
    account: dict[str, object] = {"label": label}
    if for_contracts:
        account |= {"futures": dict(balances), "permissions": {"futures": True}}
    else:
        account["balances"] = dict(balances)
    answer = call_control("POST", "accounts", account)
    return SimulatorAccount(answer["key"], answer["secret"], answer["passphrase"])


def fetch_prices() -> dict[str, Decimal]:
    """Return the latest prices by the venue's symbol names, such as BTCUSDT."""
    return {name: Decimal(price) for name, price in call_control("GET", "state")["prices"].items()}


def call_control(method: str, name: str, body: Mapping[str, object] | None = None) -> Any:
    """One call to the control API of the simulator that the endpoint file names."""
    release_connections()  # it may hang
    try:
        endpoint = json.loads(Path(settings.SIMULATOR_ENDPOINT).read_text())
        token = (Path(endpoint["home"]) / "control-token").read_text().strip()
        request = urllib.request.Request(  # noqa: S310 (an address of our own simulator)
            f"{endpoint['control']}{name}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {token}"},
            method=method,
        )
        with NO_PROXY.open(request, timeout=TIMEOUT_SECONDS) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            raise _read_refusal(error) from error
    except (OSError, ValueError, KeyError, HTTPException) as error:
        raise SimulatorUnavailable(f"the simulated venue does not answer: {error}") from error


def _read_refusal(error: urllib.error.HTTPError) -> SimulatorUnavailable:
    text = error.read().decode(errors="replace")
    if error.code >= 500:
        return SimulatorUnavailable(f"{error.code}: {text[:200]}")
    try:
        reason = str(json.loads(text)["error"])
    except (ValueError, KeyError, TypeError):
        reason = text
    return SimulatorRefused(error.code, reason[:500])
