"""Place an order as a trader of the demo, and wait for its fill at the socket: part of walk.sh.

Arguments: the site's address, the file of the demo's sign-ins.
"""

import asyncio
import json
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from realtime.client.stream import StreamClient

PATIENCE = 30.0


def ask(site: str, path: str, body: object = None, token: str = "") -> Any:
    request = urllib.request.Request(  # noqa: S310 (the address is the caller's)
        f"{site}/api/v1/{path}",
        None if body is None else json.dumps(body).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
    )
    if not token:
        del request.headers["Authorization"]
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
        return json.load(answer)


async def trade(site: str, username: str, password: str) -> str:
    access = ask(site, "auth/token/", {"username": username, "password": password})["access"]

    async def give_token() -> str:
        return str(access)

    keys = ask(site, "keys/", token=access)
    rows = keys["results"] if isinstance(keys, dict) else keys
    key = next(row for row in rows if (row["venue"], row["market"]) == ("binance", "spot"))
    client = StreamClient(f"{site.replace('https', 'wss', 1)}/ws/", give_token)
    order: dict[str, Any] = {}
    began = 0.0
    async for frame in client.frames():
        if frame["type"] == "live" and not order:
            began = time.monotonic()
            wanted = {"symbol": "BTC/USDT", "side": "buy", "type": "market", "quantity": "0.01"}
            order = await asyncio.to_thread(
                ask, site, "orders/", {"key": key["id"], **wanted}, token=access
            )
        row = frame.get("data", {})
        is_ours = frame["type"] == "order_update" and row.get("id") == order.get("id")
        if is_ours and row["status"] == "filled":
            return (
                f"{username}'s order {row['id']} was filled at {row['average_price']},"
                f" {time.monotonic() - began:.2f} s after it was placed"
            )
    raise AssertionError("the stream ended")


def main() -> None:
    site, demo = sys.argv[1:]
    trader = next(
        user for user in json.loads(Path(demo).read_text())["users"] if user["username"] == "alice"
    )
    words = asyncio.run(
        asyncio.wait_for(trade(site, trader["username"], trader["password"]), PATIENCE)
    )
    sys.stdout.write(f"{words}; told by wss through the proxy\n")


if __name__ == "__main__":
    main()
