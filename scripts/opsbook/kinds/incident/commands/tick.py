"""tick steps of the checklists, by their numbers: 1 2 5-8"""

from opsbook.core.command import Write
from opsbook.kinds.incident.requests import Tick


def _done(request: Tick) -> str:
    steps = len(set(request.steps))
    return f"{steps} step{'' if steps == 1 else 's'} {'done' if request.outcome == 'done' else 'left out'} in {{id}}"


COMMAND = Write(Tick, done=_done, picks="-i")
