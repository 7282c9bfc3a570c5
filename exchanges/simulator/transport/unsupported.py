"""Refuse parameters of orders that a venue acts on and the simulator does not.

What is accepted and dropped in silence would look like a success to the client.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any

# Values that ask for nothing: the venue does the same with them as without the parameter.
NEUTRAL = (None, "", "0", 0, "false", "FALSE", "NONE", "None")
# Each parameter, with the values that the simulator does act on.
Unsupported = Mapping[str, Collection[str]]


def refuse_unsupported(
    params: Mapping[str, Any], unsupported: Unsupported, build_error: Callable[[str], Exception]
) -> None:
    """Raise the dialect's error for the first parameter whose effect would be missing."""
    for name, supported in unsupported.items():
        value = params.get(name)
        if isinstance(value, list | dict):
            is_neutral = not value
        else:
            is_neutral = value in NEUTRAL or str(value) in supported
        if not is_neutral:
            raise build_error(f"This simulated venue does not support {name} of {value}")
