"""stand in for whoever a rota names, or let somebody else do so"""

from opsbook.core.command import Write
from opsbook.kinds.override.requests import OverrideRota

COMMAND = Write(
    OverrideRota,
    done=lambda request: f"On duty for {request.rota}: {request.who or request.by} ({{id}})",
    need=("No rota is named.", "opsbook oncall override ROTA --who ID --until TIME"),
)
