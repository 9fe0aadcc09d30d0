"""The files by which GitHub shows our forms, made from the book."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opsbook.core.book import CONFIG_PATH, Book
from opsbook.core.errors import Refused
from opsbook.core.inert import plain
from opsbook.core.intake import all_intakes
from opsbook.core.kind import Kinds
from opsbook.core.yaml import dump, edit, load

FOLDER = ".github/ISSUE_TEMPLATE"
CHOOSER = f"{FOLDER}/config.yml"
WORKFLOWS = ".github/workflows"

_MADE = f"# Made by `opsbook forms` from {CONFIG_PATH} and services/: change those, then run it again.\n"

_ORDER = ("on", "on.workflow_dispatch", "on.workflow_dispatch.inputs")


def forms(book: Book, kinds: Kinds) -> Mapping[str, str]:
    """The text of every file by its path.

    Of a workflow only the inputs are ours, and only where it has a form: everything else in it stays byte for byte.

    Raises:
        Refused: the configuration or the workflow cannot be used.
    """
    faults = sum(finding.severity == "error" for finding in book.config.findings)
    if faults:
        raise Refused(f"{CONFIG_PATH} has errors ({faults}); forms made from it would be wrong.", "See: opsbook check")
    made = {CHOOSER: _MADE + dump(_chooser(book))}
    for intake in all_intakes(kinds):
        made[f"{FOLDER}/{intake.template}"] = _MADE + dump(intake.issue_form(book))
        workflow = f"{WORKFLOWS}/{intake.workflow}"
        data = book.tree.read(workflow)
        if data is not None:
            made[workflow] = _with_inputs(workflow, data, intake.inputs(book))
    return made


def _chooser(book: Book) -> dict[str, Any]:
    """What people see before they choose a form: where else to turn.

    Blank issues stay possible: nobody's call for help may be refused because it fits no form.
    """
    core, links = book.config.core, []
    if core.security.link is not None:
        links.append(
            {
                "name": "I suspect a security breach",
                "url": core.security.link.url,
                "about": plain(f"Stop, and first alert {core.security.who}. Do not describe it here."),
            }
        )
    repository = core.site.repository
    home = core.site.url or (f"{repository.rstrip('/')}/blob/{core.forge.main}/docs" if repository else "")
    if home:
        page = f"{home.rstrip('/')}/help/" + ("" if core.site.url else "index.md")
        about = plain("Nothing is broken, and you are stuck: where to ask.")
        links.append({"name": "I need help, and it is no incident", "url": page, "about": about})
    return {"blank_issues_enabled": True, **({"contact_links": links} if links else {})}


def _with_inputs(path: str, data: bytes, wanted: Mapping[str, Any]) -> str:
    """The workflow with the inputs of its form."""
    document = load(data)
    value = document.value if isinstance(document.value, dict) else {}
    triggers = value.get("on")
    if document.faults or not isinstance(triggers, dict):
        line = f", line {document.faults[0].line}: {document.faults[0].message}" if document.faults else " has no `on:`"
        raise Refused(f"{path}{line}.", "Repair it, or delete the file.")
    text = data.decode()
    if "workflow_dispatch" not in triggers:
        return text
    try:
        return edit(text, [(("on", "workflow_dispatch", "inputs"), wanted)], _ORDER)
    except ValueError as error:
        raise Refused(f"The inputs cannot be written into {path}: {error}.", "Write `on:` in block style.") from None
