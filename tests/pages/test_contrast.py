"""Every word can be read, in light and in dark: at least 4.5 to 1."""

import re
from itertools import product

import pytest

from config.launcher.home import BASE

WORDS = ["text", "muted", "faint", "accent", "buy", "sell", "good", "warn", "bad", "stale", "paper"]
GROUNDS = ["surface", "raised"]
PAIRS = [*product(WORDS, GROUNDS), ("accent-text", "accent"), ("paper", "paper-wash")]
PAIRS += [("accent", "accent-wash"), ("raised", "buy"), ("raised", "sell"), ("raised", "bad")]


def read_themes() -> dict[str, dict[str, str]]:
    css = (BASE / "config/static/fillwatch/tokens.css").read_text()
    colours = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);", css)
    return {
        "light": {name: light for name, light, _ in colours},
        "dark": {name: dark for name, _, dark in colours},
    }


def compute_luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def compute_contrast(one: str, other: str) -> float:
    dark, light = sorted((compute_luminance(one), compute_luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", read_themes())
def test_contrast(theme: str) -> None:
    colours = read_themes()[theme]
    faint = {
        f"{word} on {ground}": round(found, 2)
        for word, ground in PAIRS
        if (found := compute_contrast(colours[word], colours[ground])) < 4.5
    }
    assert not faint
