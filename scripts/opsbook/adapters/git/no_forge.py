"""A forge that somebody has named and that is not there: it answers nothing, like one that is down."""

from __future__ import annotations

from typing import Any, NoReturn

from opsbook.core.errors import ForgeError, OpsbookError


class NoForge:
    """Fails at whatever it is asked, with the reason why it is not there; nothing is ever done.

    Args:
        why: what was wrong with the place that was named.
    """

    name = "nowhere"
    shared = False
    rest = 0.0

    def __init__(self, why: OpsbookError) -> None:
        self._why = why

    def __getattr__(self, question: str) -> Any:
        """Any method of a forge (`core.ports.Forge`)."""
        if question.startswith("_"):
            raise AttributeError(question)

        def fail(*_: object, **__: object) -> NoReturn:
            raise ForgeError(self._why.message, self._why.remedy)

        return fail
