"""What a check says about a record: a code, a place, a sentence and a remedy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that is wrong, where, and what to do. Printers turn it into text, annotations or JSON.

    Attributes:
        path: POSIX path from the root of the book.
        line: 1-based; column: 1-based, counted in characters.
        code: the name of the rule (`INC001`), which `opsbook explain` knows.
        severity: a defect that an edit repairs is an error; a breach (a fact that happened) is a warning.
        allowed: why a comment in the file allows it; nothing when it counts.
        known: who owes its repair, where a baseline has it; nothing when it counts.
    """

    path: str
    line: int
    column: int
    code: str
    severity: Severity
    message: str
    remedy: str
    allowed: str = ""
    known: str = ""

    def as_json(self) -> dict[str, str | int]:
        """The object of the contract: code, severity, path, line, column, message, remedy."""
        return {
            "code": self.code,
            "severity": self.severity,
            "path": self.path,
            "line": self.line,
            "column": self.column,
            "message": self.message,
            "remedy": self.remedy,
        }
