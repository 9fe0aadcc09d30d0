"""The book's `mkdocs.yml`: what it may say, and the copy that a generator reads."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from opsbook.core.errors import SiteFault

KEYS = frozenset(
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
"""All that `mkdocs.yml` may set.

Absent on purpose: `hooks` and `extra_javascript` (code), `extra_css` and `extra` (requests to other hosts),
`repo_url` (the theme asks GitHub for stars)."""

UNUSED = ("markdown_extensions", "plugins", "validation")
"""What a book of before may still say, and nothing reads."""

THEME = frozenset(
    {"direction", "favicon", "features", "font", "icon", "language", "logo", "name", "palette", "variant"}
)
"""All that `theme` may set."""

STYLES = ("colours", "theme", "records", "home", "search")
"""Our style sheets, in this order."""

INSTANT = "navigation.instant"
"""Loads pages by script, which would need an address of the site; refused with everything that begins so."""


def staged_config(path: Path) -> bytes:
    """`mkdocs.yml` for a generator: what every book shares, then the book's own, with our folders, styles and theme.

    Extensions of a generator's Markdown, its plugins and its checks of links are left out: it sees no page.

    Raises:
        SiteFault: there is none, it is not YAML, or it says something that a page's safety rests on.
    """
    own = _load(path)
    _only(own, KEYS, "mkdocs.yml", "")
    shared: dict[str, Any] = yaml.safe_load(files("opsbook.site").joinpath("mkdocs.yml").read_text("utf-8"))
    config = shared | own
    if isinstance(own.get("theme"), dict):
        config["theme"] = shared["theme"] | own["theme"]
    theme = config["theme"]
    if not isinstance(theme, dict) or theme.get("name") != "material" or theme.get("font") is not False:
        raise SiteFault("mkdocs.yml: theme needs `name: material` and `font: false`", "Fonts come from another host.")
    _only(theme, THEME, "mkdocs.yml", "theme.")
    if any(str(feature).startswith(INSTANT) for feature in theme.get("features", [])):
        raise SiteFault(f"mkdocs.yml: {INSTANT} is not supported", "Remove it from theme.features.")
    if not config.get("nav"):
        raise SiteFault(
            "mkdocs.yml: nav is missing",
            "Name the sections; an entry for each record takes minutes to build.",
        )
    for name in UNUSED:
        config.pop(name, None)
    config |= {"extra": {"generator": False}, "plugins": []}
    config |= {"docs_dir": "docs", "site_dir": "site", "use_directory_urls": True}
    config |= {"extra_css": [f"assets/{name}.css" for name in STYLES], "theme": theme | {"custom_dir": "theme"}}
    text = yaml.safe_dump(config, allow_unicode=True, sort_keys=False, width=1000)
    return b"# Made by `opsbook site` from the book's mkdocs.yml.\n" + text.encode()


def _load(path: Path) -> dict[str, Any]:
    try:
        config = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SiteFault(f"{path} is missing", "Run `opsbook new book`, or copy the one of Opsbook.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SiteFault(f"mkdocs.yml: {' '.join(str(error).split())}", "Write plain YAML, without tags.") from None
    if not isinstance(config, dict):
        raise SiteFault("mkdocs.yml is not a mapping")
    return config


def _only(names: Any, allowed: Any, where: str, prefix: str) -> None:
    for name in names:
        if name not in allowed:
            raise SiteFault(f"{where}: {prefix}{name} is not supported", f"Supported are {', '.join(sorted(allowed))}.")
