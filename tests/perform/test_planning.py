"""Why a plan is refused is said so that a person reads it once and finds every place."""

from __future__ import annotations

import pytest

from opsbook.core.errors import Refused
from opsbook.core.plan import Intent
from opsbook.kinds import registry
from opsbook.perform.planning import plan_of
from tests.cases.cases import SHORT
from tests.kinds.small import Desk
from tests.support.requests import ask

OPEN, REPORT = "INC-20261121-7KQ4M", f"{SHORT['open']}/report.md"


def test_what_stands_in_the_way_is_said_once_with_every_place() -> None:
    desk = Desk()
    desk.do("update", OPEN, status="resolved")
    close = Intent("0" * 20, ask("incident.update", values={"status": "closed"}, record=OPEN), desk.now, bytes(16))

    with pytest.raises(Refused) as refused:
        plan_of(close, desk.book, registry())

    lines = (desk.tree.read(REPORT) or b"").split(b"\n")
    places = [str(number) for number, line in enumerate(lines, 1) if b"guidance:" in line]
    assert len(places) > 5
    assert f"guidance is still in the report (INC012, {REPORT}:{', '.join(places)})" in refused.value.message
    assert refused.value.message.count("guidance is still in the report") == 1
