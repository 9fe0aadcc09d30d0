"""The kind `runbook`: prose and checklists that somebody on call can follow."""

from __future__ import annotations

import re

from opsbook.core.kind import Kind
from opsbook.core.record import Part
from opsbook.kinds.runbook.config import RunbooksConfig
from opsbook.kinds.runbook.model import Runbook
from opsbook.kinds.runbook.page import sheets
from opsbook.kinds.runbook.rules import RULES

KIND = Kind(
    name="runbook",
    plural="runbooks",
    folder="runbooks",
    path=re.compile(r"(?P<id>[a-z0-9]+(?:-[a-z0-9]+)*/[a-z0-9]+(?:-[a-z0-9]+)*)\.md"),
    depth=2,
    naming="runbooks/<area>/<name>.md in lower case with hyphens, for example runbooks/tickets/check-queue-backlog.md",
    parts=(Part("", "runbook", format="markdown", schema="runbook", model=Runbook, required=True),),
    section=RunbooksConfig,
    rules=RULES,
    sheets=sheets,
)
