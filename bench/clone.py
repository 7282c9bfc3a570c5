"""Time the way from `git clone` to a filled order seen in a browser, with `make run` alone."""

import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from bench import Result
from bench.support.whole_installation import WholeInstallation, start_installation
from config.launcher.home import BASE


def run(*, quick: bool) -> Result:
    with tempfile.TemporaryDirectory(prefix="fillwatch-clone-") as spare:
        folder = Path(spare) / "fillwatch"
        began = time.monotonic()
        subprocess.run(["git", "clone", "--quiet", str(BASE), str(folder)], check=True)
        ours = start_installation(folder / ".fillwatch", _make_run, folder)
        try:
            page = time.monotonic() - began
            filled = None if quick else _seen_filled(ours, began)
        finally:
            ours.stop()
    figures = {"page_seconds": round(page, 1)}
    if filled is not None:
        figures["filled_seconds"] = round(filled, 1)
    return Result(
        title="From git clone, by make run alone (packages from a local cache, if there is one)",
        figures=figures,
    )


def _make_run(options: list[str]) -> list[str]:
    return ["make", "run", f"ARGS={' '.join(options)}"]


def _seen_filled(ours: WholeInstallation, began: float) -> float | None:
    """Sign in, place an order, let the price fall through it; None without a Chromium."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        return None
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(base_url=ours.url)
        page.goto("/orders/new/")
        page.fill("[name=login]", "alice")
        page.fill("[name=password]", ours.password("alice"))
        page.click("button:has-text('Sign in')")
        price = int(float(ours.control("GET", "state")["prices"]["BTCUSDT"]) * 0.9)
        page.goto("/orders/new/")
        for name, value in {"symbol": "BTC/USDT", "quantity": "0.01", "price": str(price)}.items():
            page.fill(f"[name={name}]", value)
        page.click("button:has-text('Place order')")
        row = ".order:not([data-status=pending])"
        page.wait_for_selector(f"{row} >> text={price:,}", timeout=60_000)
        ours.control("POST", "price", symbol="BTCUSDT", price=str(price - 10))
        page.wait_for_selector(f".order[data-status=filled] >> text={price:,}", timeout=60_000)
        browser.close()
    return time.monotonic() - began
