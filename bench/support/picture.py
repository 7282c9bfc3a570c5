"""Take a picture of the README from a running Fillwatch with its demo data.

python -m bench.support.picture                     # after `make run`, in another terminal
python -m bench.support.picture docs/bot.png --page /bots/1/
python -m bench.support.picture docs/portfolio.png --page /portfolio/
"""

import argparse
import json
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from config.launcher import home

TABLE = "#rows .order"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("path", nargs="?", default="docs/orders.png")
    arguments.add_argument("--url", default="http://127.0.0.1:8000")
    arguments.add_argument("--user", default="alice", help="one of the demo's traders")
    arguments.add_argument("--size", default="1280x720")
    arguments.add_argument("--dark", action="store_true")
    arguments.add_argument("--page", default="/orders/", help="its path")
    arguments.add_argument("--open", action="store_true", help="with the timeline of an order")
    options = arguments.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("no Chromium here: apt-get install chromium")
    width, height = (int(part) for part in options.size.split("x"))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(
            base_url=options.url,
            viewport={"width": width, "height": height},
            color_scheme="dark" if options.dark else "light",
        )
        sign_in(page, options.user)
        if options.page != "/orders/":
            page.goto(options.page)
        if options.open:
            page.click(f"{TABLE} .symbol a")
            page.wait_for_selector("#detail .steps")
        page.wait_for_selector("#dot[data-state=live]")
        page.mouse.move(0, 0)
        page.screenshot(path=options.path, animations="disabled")
        browser.close()
    print(options.path, Path(options.path).stat().st_size, "bytes")


def sign_in(page: Page, username: str) -> None:
    people = json.loads((home.folder() / "demo.json").read_text())["users"]
    password = next(who["password"] for who in people if who["username"] == username)
    page.goto("/orders/")
    page.fill("[name=login]", username)
    page.fill("[name=password]", password)
    page.click("button:has-text('Sign in')")
    page.wait_for_selector(TABLE)


if __name__ == "__main__":
    main()
