"""The program without a process: real Git, real forge, real state folder, and a clock and dice that tests hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TextIO

from opsbook.adapters.git.forge import GitForge
from opsbook.adapters.git.repository import Repository
from opsbook.adapters.machine.console import ConsoleSink
from opsbook.adapters.machine.directory import DirectoryTree
from opsbook.adapters.machine.state import FileIntents, FileOutbox, state_folder
from opsbook.core.announcement import Announcement, Medium
from opsbook.core.context import Context
from opsbook.core.openbook import lay_open
from opsbook.core.ports import Delivery, Sink
from opsbook.kinds import read_request, registry
from tests.support.clock import Clock
from tests.support.desk import Desk, environment


@dataclass
class Chat:
    """A chat that several clones share (a `Sink`): it remembers every message, and finds one by its key."""

    name: str = "chat"
    unheard: str = ""
    medium: Medium = "channel"
    looks_back: bool = True
    said: list[tuple[str, Announcement]] = field(default_factory=list)

    def send(self, announcement: Announcement, key: str) -> Delivery:
        """See `Sink.send`."""
        self.said.append((key, announcement))
        return Delivery("done", f"message-{len(self.said)}")

    def find(self, announcement: Announcement, key: str) -> Delivery:
        """See `Sink.find`."""
        places = [number for number, (known, _) in enumerate(self.said, 1) if known == key]
        return Delivery("done", f"message-{places[0]}") if places else Delivery("not done")

    def keys(self) -> list[str]:
        """The keys of every message, in order."""
        return [key for key, _ in self.said]


def open_repository(desk: Desk) -> Repository:
    """The repository of a clone as the program sees it."""
    return Repository(desk.path, environment=environment())


def dice(*faces: int) -> Callable[[], bytes]:
    """Randomness that is known beforehand: a seed for each face, in turn, and then others."""
    faces_left = list(faces)
    count = iter(range(100, 256))
    return lambda: bytes([faces_left.pop(0) if faces_left else next(count)]) * 32


def wire(
    desk: Desk,
    *,
    clock: Clock | None = None,
    seed: Callable[[], bytes] | None = None,
    sinks: tuple[Sink, ...] = (),
    push: bool = False,
    by: str = "oncall-a",
    stream: TextIO | None = None,
    repository: Repository | None = None,
) -> Context:
    """A context of real parts on a clone: what `opsbook.wiring` builds, but for clock and randomness."""
    opened = repository or open_repository(desk)
    folder = state_folder(opened.common)
    outbox = FileOutbox(folder)
    forge = GitForge(opened, main="main", push=push)
    return Context(
        kinds=registry(),
        forge=forge,
        sinks=(
            ConsoleSink(outbox, stream, "no chat"),
            ConsoleSink(outbox, stream, "no pager", medium="page"),
            *sinks,
        ),
        intents=FileIntents(folder, read_request),
        outbox=outbox,
        now=(clock or Clock()).now,
        seed=seed or dice(),
        actor=by,
        offline=lambda: lay_open(DirectoryTree(desk.path), forge, registry()),
    )
