"""Cuts the program off at each of its calls and writes down what it leaves behind: see `half_done/README.md`.

    python -m tests.replay.record_half_done NAME

`NAME` is the commit that the program is at; the files are called `half_done/NAME-<request>.json`. What is there already
was left by programs that are gone, and is never made anew.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opsbook.core.request import Request
from opsbook.perform import performing
from tests.github_server.faults import Fault
from tests.replay.record import pretty
from tests.replay.world import BEGIN, HERE, RECEIPTS, Json, World, begin, export, load, save
from tests.support.github import truth
from tests.support.knife import Cut, Knife, sharpen
from tests.support.requests import ask

HALF_DONE = HERE / "half_done"

DECLARED = {"title": "Checkout is down", "severity": "P1", "services": ["checkout"], "lead": "oncall-a"}
NOTED = {"text": "It is the queue."}
CHANGED = {"status": "identified", "text": "It is DNS."}


@dataclass
class Fall(Fault):
    """The process is gone at one call of GitHub, before its effect or after: nothing that it does later has any."""

    knife: Knife | None = None

    def meets(self, operation: str) -> bool:
        """See `Fault.meets`."""
        met = super().meets(operation)
        if met and self.met > self.skip + 1:
            self.when = "before"
        if met and self.knife is not None:
            self.knife.fallen = True
        return met


def run(world: World, request: Request, knife: Knife, faults: Callable[[], list[Fault]]) -> None:
    """A request by a process that may be cut off."""
    context = sharpen(world.context("here", 7, request.by), knife)
    world.hub.forget()
    world.hub.faults += faults()
    try:
        with performing(request, context):
            knife.before("print")
    except Cut:
        pass
    finally:
        world.hub.faults.clear()


Way = tuple[str, Knife, Callable[[], list[Fault]]]


def ways(calls: list[str], effects: list[str], *, gone: bool) -> Iterator[Way]:
    """Every way to be cut off: a name, the knife, and what GitHub does.

    Args:
        gone: also those in which the process lives on, and GitHub does not answer any more.
    """
    for at, effect in enumerate(effects, 1):
        yield f"killed before {effect} ({at})", Knife(at), list
    for place, call in enumerate(calls):
        for when in ("before", "after"):
            knife = Knife()
            dead = lambda when=when, place=place, knife=knife: [Fall("*", "reset", when, None, place, knife=knife)]  # noqa: E731
            yield f"killed {when} {call} ({place})", knife, dead
            silent = lambda when=when, place=place: [Fall("*", "reset", when, None, place)]  # noqa: E731
            if gone:
                yield f"GitHub gone {when} {call} ({place})", Knife(), silent


def same(world: Json) -> str:
    """What two worlds have in common that are the same: a claim is a commit with a random word, and a text that is kept
    for a person finishes nothing."""
    machine = {path: text for path, text in world["machine"].items() if not path.startswith("outbox/")}
    return json.dumps([{**world, **plain(world), "machine": machine}], sort_keys=True)


def plain(world: Json) -> Json:
    """What Git holds, without random words and what comes of them."""
    text = re.sub(r"(?m)^Opsbook-Claim: [0-9a-f]+$", "", "\n".join(world["git"]))
    return {"git": text, "refs": {name: tip for name, tip in world["refs"].items() if name != RECEIPTS}}


def record(name: str, values: Any, first: list[str], begun: Json | None) -> Json:
    """Every world that a request leaves behind when it is cut off, once, and what it leaves when it is not.

    Args:
        first: what Git holds before; begun: all that there is before, if it is more.
    """
    worlds: dict[str, Json] = {}
    with tempfile.TemporaryDirectory(prefix="opsbook-half-done-") as root:

        def play(number: int, knife: Knife, faults: Callable[[], list[Fault]]) -> tuple[World, Request, list[str]]:
            folder = Path(root, str(number))
            folder.mkdir()
            world = load(folder, first, begun) if begun else begin(folder)
            tips = tips_of(world)
            record = next((tip.partition("/")[2] for tip in tips if tip.startswith("opsbook/")), None)
            request = ask(f"incident.{name}", "oncall-a", values, record)
            run(world, request, knife, faults)
            return world, request, list(tips.values())

        whole = Knife()
        world, request, _ = play(0, whole, list)
        calls, now = [seen.operation for seen in world.hub.seen], truth(world.hub)
        labels = [sorted(pull.labels) for pull in world.hub.hub.issues.values()]
        wanted = {"operations": now.operations, "said": sorted(world.chat.keys()), "labels": labels}
        world.hub.close()
        for number, (way, knife, faults) in enumerate(ways(calls, whole.names, gone=begun is None), 1):
            world, _, tips = play(number, knife, faults)
            if world.intents():
                data = save(world, *tips)
                worlds.setdefault(same(data), {"ways": [], **data})["ways"].append(way)
            world.hub.close()
    asked = {"action": request.action, "by": request.by, "values": values, "record": request.record}
    return {"request": asked, "wanted": wanted, "begin": first, **compact(list(worlds.values()))}


def compact(worlds: list[Json]) -> Json:
    """Worlds with what Git holds written down once, and some of the ways that lead to each."""
    held: dict[str, Json] = {}
    made = []
    for world in worlds:
        key = json.dumps(plain(world), sort_keys=True)
        held.setdefault(key, {"lines": world["git"], "refs": world["refs"]})
        ways = world["ways"]
        some = ways if len(ways) < 5 else [*ways[:3], f"and {len(ways) - 3} more"]
        rest = {name: value for name, value in world.items() if name != "refs"}
        made.append({**rest, "ways": some, "git": list(held).index(key)})
    return {"git": list(held.values()), "worlds": made}


def tips_of(world: World) -> dict[str, str]:
    """Where every branch is."""
    refs = world.hub.hub.git.refs("refs/heads/")
    return {name.removeprefix("refs/heads/"): tip for name, tip in refs.items()}


def main(commit: str) -> None:
    """Record all requests."""
    first = json.loads(BEGIN.read_text("utf-8"))
    with tempfile.TemporaryDirectory(prefix="opsbook-half-done-") as root:
        world = begin(Path(root))
        with performing(ask("incident.declare", "oncall-a", DECLARED), world.context("there", 6)):
            pass
        declared, then = save(world, *tips_of(world).values()), export(world.hub.hub.git)
        world.hub.close()
    HALF_DONE.mkdir(exist_ok=True)
    found = {"declare": (DECLARED, first, None), "note": (NOTED, then, declared), "update": (CHANGED, then, declared)}
    for name, (values, git, begun) in found.items():
        made = record(name, values, git, begun)
        (HALF_DONE / f"{commit}-{name}.json").write_text(pretty(made), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
