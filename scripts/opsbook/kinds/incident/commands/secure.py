"""move an incident that may be a breach into the restricted book, and leave a stub"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opsbook.core.command import Write
from opsbook.core.record import Record
from opsbook.kinds.incident.requests import Secure


def _carried(record: Record, request: Secure) -> Mapping[str, Any]:
    from opsbook.kinds.incident.secure import carried

    return carried(record)


COMMAND = Write(Secure, done="Stub of {id} left", picks="first", tells=True, carried=_carried)
