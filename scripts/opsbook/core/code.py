"""The codes that findings have, and what is wrong where, before it becomes a finding."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from opsbook.core.finding import Finding, Severity


class Placed(Protocol):
    """A file of the book that knows where its values are."""

    path: str

    def place(self, loc: Sequence[str | int], *, key: bool = False) -> tuple[int, int]:
        """Line and column of the value (or key) at `loc`."""
        ...


@dataclass(frozen=True, slots=True)
class Problem:
    """What a rule found, before the check turns it into a finding.

    Attributes:
        message: what is wrong, in a sentence that a person under stress understands.
        file: where; `loc` names a value in it and `key` its key, or `line` says the place outright.
        path: where, when the file cannot be read or does not exist.
    """

    message: str
    file: Placed | None = None
    loc: Sequence[str | int] = ()
    key: bool = False
    line: int = 0
    column: int = 1
    path: str = ""


class Code:
    """A code that a finding can have. The class name is the code.

    The first line of a docstring is the title, the rest is the remedy that `opsbook explain` and the rules page print.
    """

    severity: ClassVar[Severity] = "error"
    """A defect that an edit repairs is an error; a breach (a fact that happened) is a warning."""
    always: ClassVar[bool] = False
    """Whether it blocks even while an incident is open: unreadable files, unsafe paths, leaks, false approvals."""

    suppressible: ClassVar[bool | None] = None
    """Whether a comment with a reason may allow it on its line; where nothing is said, unless it blocks always."""

    @classmethod
    def title(cls) -> str:
        """The first line of the docstring."""
        return inspect.cleandoc(cls.__doc__ or "").partition("\n")[0].rstrip(".")

    @classmethod
    def remedy(cls) -> str:
        """The rest of the docstring, one line for each paragraph."""
        rest = inspect.cleandoc(cls.__doc__ or "").partition("\n")[2].strip()
        return "\n".join(" ".join(paragraph.split()) for paragraph in rest.split("\n\n"))

    @classmethod
    def may_be_suppressed(cls) -> bool:
        """Whether a comment with a reason may allow it on its line."""
        return not cls.always if cls.suppressible is None else cls.suppressible

    @classmethod
    def finding(cls, problem: Problem, *, soften: bool = False) -> Finding:
        """The finding for a problem; softened, a defect is reported as a warning (the incident is still open)."""
        line, column = problem.line, problem.column
        path = problem.path
        if problem.file is not None:
            path = problem.file.path
            if not line:
                line, column = problem.file.place(problem.loc, key=problem.key)
        severity: Severity = "warning" if soften and not cls.always else cls.severity
        remedy = cls.remedy().partition("\n")[0]
        return Finding(path, line or 1, column, cls.__name__, severity, problem.message, remedy)
