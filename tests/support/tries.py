"""How many inputs a property is tried with: fewer for whoever is editing."""

from __future__ import annotations

from typing import Any

from hypothesis import settings

USUAL = 100
"""What Hypothesis tries by itself, in the full run."""


def tries(number: int, **more: Any) -> settings:
    """So many inputs in the full run, and in `make quick` as large a part of them as of all others.

    Args:
        more: other settings.
    """
    return settings(max_examples=max(1, number * settings.default.max_examples // USUAL), **more)  # type: ignore[union-attr]
