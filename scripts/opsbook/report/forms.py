"""The files by which GitHub shows our forms, made from the book."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opsbook.core.book import CONFIG_PATH, Book
from opsbook.core.errors import Refused
from opsbook.core.yaml import dump, edit, load
from opsbook.kinds.incident.forms import TEMPLATE, chooser, inputs, issue_form

ISSUE_FORM = f".github/ISSUE_TEMPLATE/{TEMPLATE}"
CHOOSER = ".github/ISSUE_TEMPLATE/config.yml"
WORKFLOW = ".github/workflows/declare.yml"

_MADE = f"# Made by `opsbook forms` from {CONFIG_PATH} and services/: change those, then run it again.\n"

_ORDER = ("on", "on.workflow_dispatch", "on.workflow_dispatch.inputs")


def forms(book: Book) -> Mapping[str, str]:
    """The text of every file by its path.

    Of the workflow only the inputs are ours, and only where it has a form: everything else in it stays byte for byte.

    Raises:
        Refused: the configuration or the workflow cannot be used.
    """
    faults = sum(finding.severity == "error" for finding in book.config.findings)
    if faults:
        raise Refused(f"{CONFIG_PATH} has errors ({faults}); forms made from it would be wrong.", "See: opsbook check")
    made = {ISSUE_FORM: _MADE + dump(issue_form(book)), CHOOSER: _MADE + dump(chooser(book))}
    data = book.tree.read(WORKFLOW)
    if data is not None:
        made[WORKFLOW] = _with_inputs(data, inputs(book))
    return made


def _with_inputs(data: bytes, wanted: Mapping[str, Any]) -> str:
    """The workflow with the inputs of its form."""
    document = load(data)
    value = document.value if isinstance(document.value, dict) else {}
    triggers = value.get("on")
    if document.faults or not isinstance(triggers, dict):
        line = f", line {document.faults[0].line}: {document.faults[0].message}" if document.faults else " has no `on:`"
        raise Refused(f"{WORKFLOW}{line}.", "Repair it, or delete the file.")
    text = data.decode()
    if "workflow_dispatch" not in triggers:
        return text
    try:
        return edit(text, [(("on", "workflow_dispatch", "inputs"), wanted)], _ORDER)
    except ValueError as error:
        raise Refused(
            f"The inputs cannot be written into {WORKFLOW}: {error}.", "Write `on:` in block style."
        ) from None
