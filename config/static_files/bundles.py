"""Join the modules and style sheets that pages load: a first visit costs ten requests, not fifty.

The source files stay as they are, and are served one by one where esbuild is not installed.
"""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

APPS: Final = ("config", "operations", "bots", "orders", "exchanges", "realtime", "users")
SHARED: Final = "pages"  # the folder of the one file that holds the modules of all pages
# Not named by a template: the worker by client.js, client.js by pages of other people.
PUBLIC: Final = frozenset({"realtime/client.js", "realtime/worker.js"})
STATIC_TAG: Final = re.compile(
    r"""(?P<module>type="module" src=")?\{% static ["'](?P<name>[\w./-]+\.(?:js|css))["']"""
)


@dataclass(frozen=True, slots=True)
class Entries:
    """Files of ours that templates load, by the names of their tags."""

    modules: list[str]
    others: list[str]  # style sheets, plain scripts, and what other people import


def find_esbuild() -> Path | None:
    """Return the bundler that npm installed for this platform, if it is there."""
    return next(iter(sorted(settings.BASE_DIR.glob("node_modules/@esbuild/*/bin/esbuild"))), None)


def list_entries() -> Entries:
    sources = _list_sources()
    texts = (path.read_text() for path in (settings.BASE_DIR / "templates").rglob("*.html"))
    tags = [tag for text in texts for tag in STATIC_TAG.finditer(text)]
    modules = {tag["name"] for tag in tags if tag["module"]} & sources
    others = ({tag["name"] for tag in tags} | PUBLIC) & sources - modules
    return Entries(sorted(modules), sorted(others))


def write_bundles(target: Path) -> list[str]:
    """Write each entry with what it imports over the file of its name; return what was written."""
    esbuild = find_esbuild()
    if esbuild is None:
        raise ImproperlyConfigured("The bundler is not installed: run `npm ci` in this folder.")
    entries = list_entries()
    with tempfile.TemporaryDirectory() as folder:
        source, output = Path(folder) / "source", Path(folder) / "output"
        for app in APPS:  # one tree, as browsers see it: modules of one app import another's
            if (static := settings.BASE_DIR / app / "static").is_dir():
                shutil.copytree(static, source, dirs_exist_ok=True)
        run = partial(_run_esbuild, esbuild, source, output)
        run(entries.others)
        run([_write_page_module(source, entries.modules)], "--entry-names=[dir]/[hash]")
        _write_stubs(output, entries.modules)
        shutil.copytree(output, target, dirs_exist_ok=True)
        return sorted(str(path.relative_to(output)) for path in output.rglob("*") if path.is_file())


def _write_page_module(source: Path, modules: Sequence[str]) -> str:
    """Write the module that starts each page's own: in one file a module exists once.

    In a file for each page two scripts of one page would have two streams.
    """
    name = f"{SHARED}/pages.js"
    starts = "".join(f'  "{module}": () => import("../{module}"),\n' for module in modules)
    (source / SHARED).mkdir()
    (source / name).write_text(f"export const pages = {{\n{starts}}};\n")
    return name


def _write_stubs(output: Path, modules: Sequence[str]) -> None:
    """Let each page's module only start its part of the one file."""
    [shared] = (output / SHARED).iterdir()
    for module in modules:
        (output / module).parent.mkdir(exist_ok=True)
        start = f'import {{ pages }} from "../{SHARED}/{shared.name}";\npages["{module}"]();\n'
        (output / module).write_text(start)


def _run_esbuild(
    esbuild: Path, source: Path, output: Path, entries: Sequence[str], *options: str
) -> None:
    command = [
        *(str(esbuild), *entries, "--bundle", "--minify", "--format=esm", "--target=es2022"),
        *(f"--outdir={output}", f"--outbase={source}", "--external:*.svg"),
        *("--log-level=warning", *options),
    ]
    subprocess.run(command, cwd=source, check=True)  # noqa: S603 (our own command)


def list_source_files() -> list[Path]:
    folders = (settings.BASE_DIR / app / "static" for app in APPS)
    return sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())


def _list_sources() -> set[str]:
    """List our static files by the names that templates use."""
    return {
        str(path.relative_to(next(p for p in path.parents if p.name == "static")))
        for path in list_source_files()
    }
