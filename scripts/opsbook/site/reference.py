"""The reference pages, generated from the code: the records, the rules, the commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from jinja2 import Environment

from opsbook.core.check import all_codes
from opsbook.core.config import CoreConfig
from opsbook.core.described import described_fields
from opsbook.core.examples import examples
from opsbook.core.kind import Kinds, requests_of
from opsbook.core.times import Times
from opsbook.site.page import Page
from opsbook.site.render import render


def reference(
    kinds: Kinds, env: Environment, times: Times, help_lines: Callable[[], list[tuple[str, str]]]
) -> Mapping[str, Callable[[], Page]]:
    """How each page below `reference/` is made, by its path."""
    made: dict[str, tuple[str, Callable[[], object]]] = {
        "rules": ("scripts/opsbook/kinds", partial(_rules, kinds)),
        "records": ("scripts/opsbook/kinds", partial(_records, kinds)),
        "configuration": ("opsbook.yml", partial(_sections, kinds)),
        "commands": ("scripts/opsbook/cli.py", help_lines),
        "requests": ("scripts/opsbook/kinds", partial(_requests, kinds)),
    }
    pages = {"commands": "cli"}

    def page(name: str, source: str, values: Callable[[], object]) -> Page:
        path = f"reference/{pages.get(name, name)}"
        return render(env, f"{pages.get(name, name)}.html.j2", f"{path}.md", source, times, **{name: values()})

    return {
        f"reference/{pages.get(name, name)}.md": partial(page, name, source, values)
        for name, (source, values) in made.items()
    }


def _rules(kinds: Kinds) -> list[dict[str, object]]:
    return [
        {
            "name": name,
            "severity": code.severity,
            "always": code.always,
            "suppressible": code.may_be_suppressed(),
            "title": code.title(),
            "remedy": code.remedy(),
            "shown": [
                (title, list(excerpts.items()))
                for title, excerpts in zip(("Wrong", "Right"), examples().get(name, ()), strict=False)
            ],
        }
        for name, code in all_codes(kinds).items()
    ]


def _records(kinds: Kinds) -> list[dict[str, object]]:
    return [
        {
            "name": f"{kind.folder}/…/{part.pattern}" if part.pattern else f"{kind.folder}/…",
            "noun": part.noun,
            "naming": kind.naming,
            "models": list(described_fields(part.model)),
        }
        for kind in kinds.values()
        for part in kind.parts
        if part.model is not None
    ]


def _sections(kinds: Kinds) -> list[tuple[str, list[object]]]:
    sections: list[tuple[str, list[object]]] = [("", list(described_fields(CoreConfig)))]
    return sections + [(kind.plural, list(described_fields(kind.section))) for kind in kinds.values()]


def _requests(kinds: Kinds) -> list[dict[str, object]]:
    return [{"action": model.action, "models": list(described_fields(model))} for model in requests_of(kinds)]
