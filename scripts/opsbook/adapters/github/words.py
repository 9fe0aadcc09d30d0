"""What people read on GitHub: the body of a pull request, and the one comment that shows who was told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC
from urllib.parse import quote, unquote

from opsbook.core.inert import github, github_line
from opsbook.core.plan import Plan
from opsbook.core.ports import LAPSED, Receipt

BODY_LIMIT = 60_000
"""GitHub refuses bodies of more than 65,536 characters."""

_TITLE_LIMIT = 250

_ROWS = 100
"""So many announcements are shown; a comment has the same limit as a body."""


LABELS = {
    "incident": ("b60205", "Something is wrong, or was"),
    "drill": ("c5def5", "A rehearsal"),
}
"""Colour and meaning of labels whose names are ours; others keep GitHub's grey until somebody paints them."""

PLAIN = "ededed"
"""The colour that GitHub gives to a label that it makes up."""


def pull_title(plan: Plan) -> str:
    """One line, which also becomes the message of the merge."""
    title = github_line(plan.title) or plan.record
    return title if len(title) <= _TITLE_LIMIT else title[: _TITLE_LIMIT - 1] + "…"


def pull_body(plan: Plan, site: str, branch: str) -> str:
    """The plan's own words, which are inert already, and links to the files as they are on the branch."""
    body = plan.body.strip() or github(plan.title)
    if len(body) > BODY_LIMIT:
        body = body[:BODY_LIMIT].rsplit("\n", 1)[0] + "\n\n… The rest is in the files."
    lead = f"{plan.path}/"
    names = sorted(path for path, data in plan.files.items() if data is not None and path.startswith(lead))
    files = [path for path in names if "/" not in path.removeprefix(lead)]
    links = [("Everything", "tree", plan.path), *((path.removeprefix(lead), "blob", path) for path in files)]
    rendered = " · ".join(
        f"[{github(label)}]({site}/{kind}/{quote(branch)}/{quote(path)})" for label, kind, path in links if path
    )
    labels = " ".join(quote(label, safe="") for label in plan.labels)
    return f"{body}\n\n---\n\n{rendered}\n\n<!-- opsbook-labels {labels} -->\n"


def wanted_labels(body: str) -> tuple[str, ...]:
    """The labels that a pull request was opened for: whoever opened it may have been cut off before it put them on."""
    found = re.findall(r"^<!-- opsbook-labels (.*) -->$", body.replace("\r\n", "\n"), re.MULTILINE)
    return tuple(unquote(word) for word in found[-1].split()) if found else ()


def marker(record: str) -> str:
    """The HTML comment by which the comment is found again."""
    return f"<!-- opsbook-receipts {record} -->"


def receipts_comment(record: str, receipts: Mapping[str, Receipt]) -> str:
    """Who was told, and of what nobody knows whether it was said. It only shows the receipts; they are kept in Git."""
    rows = []
    for key, receipt in sorted(receipts.items(), key=lambda item: (item[1].claimed_at, item[0])):
        what, _, rest = key.partition("/")[2].partition("-")
        audience, _, sink = rest.rpartition("-")[0].rpartition("-")
        when = f"{receipt.claimed_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        rows.append(f"| {when} | {github(what)} | {github(audience)} | {github(sink)} | {_done(receipt.reference)} |")
    heads = ["| When | What | Who | By | Told |", "| --- | --- | --- | --- | --- |"]
    table = "\n".join([*heads, *rows[-_ROWS:]])
    earlier = len(rows) - _ROWS
    left = f"\n\n{earlier} earlier ones are on the branch `opsbook-receipts`." if earlier > 0 else ""
    return f"{marker(record)}\n### Announcements\n\n{table}{left}\n"


def _done(reference: str) -> str:
    if reference == LAPSED:
        return "not due any more"
    return f"yes, {github(reference[:120])}" if reference else "**not known yet**"
