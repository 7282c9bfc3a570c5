"""A simulated venue in a process and a home of its own, without limits and with still prices."""

import json
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
TOKEN = "control-token-of-the-measurement"  # noqa: S105 - of a venue that lives for a minute
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
LIMITS = {"weight_per_minute": 10**9, "futures_weight_per_minute": 10**9, "windows_factor": 1000}
BALANCES = {"USDT": "1000000", "BTC": "10", "ETH": "100", "BNB": "100"}
PERMISSIONS = {"reading": True, "trading": True, "futures": True}


class SimulatedVenue:
    def __init__(self) -> None:
        self._home = tempfile.TemporaryDirectory(prefix="fillwatch-venue-")
        self._process: subprocess.Popen[str] | None = None
        self.base = ""

    def open_account(self) -> dict[str, str]:
        """Open a rich account, and return its key, secret and passphrase."""
        body = {"balances": BALANCES, "futures": {"USDT": "1000000"}, "permissions": PERMISSIONS}
        answer = self.control("accounts", body)
        return {name: str(answer[name]) for name in ("key", "secret", "passphrase")}

    def control(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        address = f"{self.base}/control/{name}"
        request = urllib.request.Request(  # noqa: S310 - our own process
            address, json.dumps(body).encode(), headers
        )
        with DIRECT.open(request, timeout=10) as answer:
            return dict(json.load(answer))

    def __enter__(self) -> "SimulatedVenue":
        command = [sys.executable, "-m", "exchanges.simulator", "--home", self._home.name]
        self._process = subprocess.Popen(
            [*command, "--port", "0", "--paused", "--control-token", TOKEN],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        ready = self._process.stdout.readline().split()
        self.base = next(word for word in ready if word.startswith("http"))
        self.control("limits", LIMITS)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.communicate(timeout=10)
        self._home.cleanup()
