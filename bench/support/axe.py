"""Count what axe-core finds on a page: light and dark, on a desk and on a phone."""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from config.launcher.home import BASE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SCRIPT: Final = BASE / "node_modules" / "axe-core" / "axe.min.js"
SCHEMES: Final = ("light", "dark")
WIDTHS: Final = (1400, 360)
# Without `preload`: axe would ask for the style sheets that ours import, by addresses of the page.
RUN: Final = """async () => (await axe.run(document, {
    preload: false, resultTypes: ["violations"],
  })).violations
  .map((rule) => [rule.id, rule.nodes.map((node) => node.target.join(" "))])"""


def find_violations(page: "Page") -> list[tuple[str, list[str]]]:
    """Return the broken rules of the open page, each with its elements.

    Evaluated as the browser's own tools do, so the page's content security policy stays as it is.
    """
    page.evaluate(f"() => {{ {SCRIPT.read_text()} }}")
    return [(rule, targets) for rule, targets in page.evaluate(RUN)]


def count_violations(
    browser: "Browser", url: str, cookies: list[Any], paths: Iterable[str]
) -> Counter[str]:
    """Count broken rules by page and rule, over both schemes and both widths."""
    found = Counter[str]()
    for scheme in SCHEMES:
        for width in WIDTHS:
            context = browser.new_context(
                base_url=url,
                color_scheme="dark" if scheme == "dark" else "light",
                viewport={"width": width, "height": 900},
            )
            context.add_cookies(cookies)
            page = context.new_page()
            for path in paths:
                page.goto(path, wait_until="load")
                found.update(f"{path} {rule}" for rule, _ in find_violations(page))
            context.close()
    return found
