"""The reference pages, generated from the code: the records, the rules, the commands."""

from __future__ import annotations

from collections.abc import Iterator

from jinja2 import Environment

from opsbook.core.check import all_codes
from opsbook.core.config import CoreConfig
from opsbook.core.described import described_fields
from opsbook.core.examples import examples
from opsbook.core.kind import Kinds, requests_of
from opsbook.core.times import Times
from opsbook.site.page import Page
from opsbook.site.render import render


def reference(kinds: Kinds, env: Environment, times: Times, help_lines: list[tuple[str, str]]) -> Iterator[Page]:
    """The pages below `reference/`."""
    rules = [
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
    yield render(env, "rules.md.j2", "reference/rules.md", "scripts/opsbook/kinds", times, rules=rules)
    files = [
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
    yield render(env, "records.md.j2", "reference/records.md", "scripts/opsbook/kinds", times, files=files)
    sections = [("", list(described_fields(CoreConfig)))]
    sections += [(kind.plural, list(described_fields(kind.section))) for kind in kinds.values()]
    yield render(env, "configuration.md.j2", "reference/configuration.md", "opsbook.yml", times, sections=sections)
    yield render(env, "cli.md.j2", "reference/cli.md", "scripts/opsbook/cli.py", times, commands=help_lines)
    requests = [{"action": model.action, "models": list(described_fields(model))} for model in requests_of(kinds)]
    yield render(env, "requests.md.j2", "reference/requests.md", "scripts/opsbook/kinds", times, requests=requests)
