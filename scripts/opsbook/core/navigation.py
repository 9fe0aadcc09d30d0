"""`mkdocs.yml`: the name, the look and the navigation of the site, and what a book may say there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from opsbook.core import yaml

PATH: Final = "mkdocs.yml"

KEYS: Final = frozenset(
    {
        "copyright",
        "markdown_extensions",
        "nav",
        "plugins",
        "site_author",
        "site_description",
        "site_name",
        "site_url",
        "theme",
        "use_directory_urls",
        "validation",
    }
)
"""All that it may set.

Absent on purpose: `hooks` and `extra_javascript` (code), `extra_css` and `extra` (requests to other hosts),
`repo_url` (the theme asks GitHub for stars)."""

THEME: Final = frozenset(
    {"direction", "favicon", "features", "font", "icon", "language", "logo", "name", "palette", "variant"}
)
"""All that `theme` may set."""

INSTANT: Final = "navigation.instant"
"""Loads pages by script, which would need an address of the site; refused with everything that begins so."""

Loc = tuple[str | int, ...]


class Fault(NamedTuple):
    """What it may not say: the place (line and column, from 1), a sentence, and what to do about it."""

    line: int
    column: int
    message: str
    remedy: str


def load(data: bytes) -> tuple[yaml.Document, tuple[Fault, ...]]:
    """What it says, and what it may not say; without a fault it is a mapping, and a site can be built of it."""
    document = yaml.load(data)
    found = [Fault(fault.line, fault.column, fault.message, "Write plain YAML.") for fault in document.faults]
    if not isinstance(document.value, dict):
        nothing = Fault(1, 1, "it is not a mapping", "Write site_name: and the name of the site.")
        return document, tuple(found or [nothing])
    for loc, message, remedy in _refused(document.value):
        found.append(Fault(*document.place(loc, key=True), message, remedy))
    return document, tuple(found)


def pages(value: Any) -> Iterator[tuple[Loc, str]]:
    """Every page that the navigation names, with its place, in its order; `value` is all that the file says."""
    return _pages(value.get("nav"), ("nav",)) if isinstance(value, Mapping) else iter(())


def _pages(entry: Any, loc: Loc) -> Iterator[tuple[Loc, str]]:
    if isinstance(entry, str) and entry.endswith(".md"):
        yield loc, entry
    items = entry.items() if isinstance(entry, dict) else enumerate(entry) if isinstance(entry, list) else ()
    for key, inner in items:
        yield from _pages(inner, (*loc, key))


def _refused(value: Mapping[str, Any]) -> Iterator[tuple[Loc, str, str]]:
    for name in value:
        if name not in KEYS:
            yield (name,), f"{name} is not supported", f"Supported are {', '.join(sorted(KEYS))}."
    if not (isinstance(value.get("site_name"), str) and value["site_name"].strip()):
        yield ("site_name",), "site_name is missing", "Name the site."
    if "nav" in value and not (isinstance(value["nav"], list) and value["nav"]):
        yield ("nav",), "nav is no list of sections", "Name the sections, or leave it out."
    theme = value.get("theme", {})
    if not isinstance(theme, dict) or theme.get("name", "material") != "material" or theme.get("font", False):
        yield ("theme",), "theme needs `name: material` and `font: false`", "Fonts come from another host."
    if not isinstance(theme, dict):
        return
    for name in theme:
        if name not in THEME:
            yield ("theme", name), f"theme.{name} is not supported", f"Supported are {', '.join(sorted(THEME))}."
    features = theme.get("features") or []
    if any(str(feature).startswith(INSTANT) for feature in features if isinstance(features, list)):
        yield ("theme", "features"), f"{INSTANT} is not supported", "Remove it from theme.features."
