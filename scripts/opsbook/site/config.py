"""The `mkdocs.yml` that a generator reads: what every book shares, then the book's own."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from opsbook.core import navigation
from opsbook.core.errors import SiteFault

UNUSED = ("markdown_extensions", "plugins", "validation")
"""What a book of before may still say, and nothing reads: a generator sees no page."""

STYLES = ("colours", "theme", "records", "home", "search")
"""Our style sheets, in this order."""


def generated(path: Path) -> dict[str, Any]:
    """The configuration of a site, with our folders, styles and theme, of the book's `mkdocs.yml`.

    Raises:
        SiteFault: there is none, it is not YAML, or it says something that a page's safety rests on.
    """
    try:
        document, faults = navigation.load(path.read_bytes())
    except FileNotFoundError:
        raise SiteFault(f"{path} is missing", "Run `opsbook new book`, or copy the one of Opsbook.") from None
    if faults:
        said = [f"{navigation.PATH}:{fault.line}:{fault.column}: {fault.message}" for fault in faults]
        raise SiteFault("\n".join(said), faults[0].remedy)
    own: dict[str, Any] = document.value
    shared: dict[str, Any] = yaml.safe_load(files("opsbook.site").joinpath("mkdocs.yml").read_text("utf-8"))
    config = {name: value for name, value in (shared | own).items() if name not in UNUSED}
    theme = shared["theme"] | own.get("theme", {}) | {"custom_dir": "theme"}
    config |= {"theme": theme, "extra": {"generator": False}, "plugins": []}
    config |= {"docs_dir": "docs", "site_dir": "site", "use_directory_urls": True}
    return config | {"extra_css": [f"assets/{name}.css" for name in STYLES]}
