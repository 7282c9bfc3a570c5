"""Libraries of other people that pages load, as npm installed them. Pages work without them."""

from pathlib import Path
from typing import Final

PREFIX: Final = "libraries"
CHARTS: Final = "lightweight-charts"
LINES: Final = "uplot"
FILES: Final = {CHARTS: "lightweight-charts.standalone.production.mjs", LINES: "uPlot.esm.js"}
STYLES: Final = {LINES: "uPlot.min.css"}


def list_folders(base: Path) -> list[tuple[str, str]]:
    """Return STATICFILES_DIRS: each installed library below a prefix of its own."""
    folders = {name: base / "node_modules" / name / "dist" for name in FILES}
    return [(f"{PREFIX}/{name}", str(path)) for name, path in folders.items() if path.is_dir()]


def find_file(base: Path, name: str) -> str | None:
    """Return the static name of a library's module; None where npm has not installed it."""
    return _find_installed(base, name, FILES[name])


def find_style(base: Path, name: str) -> str | None:
    """Return the static name of a library's style sheet; None where npm has not installed it."""
    return _find_installed(base, name, STYLES[name])


def _find_installed(base: Path, name: str, file: str) -> str | None:
    installed = (base / f"node_modules/{name}/dist/{file}").exists()
    return f"{PREFIX}/{name}/{file}" if installed else None
