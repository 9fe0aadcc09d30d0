"""Writes down what the program leaves on GitHub: `python -m tests.replay.record`.

The recordings were made with a forge that wrote blobs, trees, commits and refs with GitHub's API. Whoever records anew
says that what is there now is right: look at the difference first, every line of it.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.github_server.repository import Bare, Person
from tests.replay.scenarios import SCENARIOS, play
from tests.replay.world import BEGIN, HERE, export, make_bare
from tests.support.small_book import FILES

RECORDED = HERE / "recorded"


def pretty(value: Any) -> str:
    """As it lies in a file."""
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def first_commit(git: Bare) -> None:
    """The small book on main, as somebody commits it on a day of no meaning."""
    person = Person("Somebody", "somebody@example.invalid", "1793520000 +0000")
    blobs = {path: ("100644", git.store("blob", text.encode())) for path, text in FILES.items()}
    git.move("refs/heads/main", git.commit(git.change_tree(None, blobs), [], "Begin\n", person, person), None)


def main(*names: str) -> None:
    """Record the scenarios of these names, or all."""
    with tempfile.TemporaryDirectory(prefix="opsbook-replay-") as root:
        if not BEGIN.exists():
            git = make_bare(Path(root, "begin.git"), [])
            first_commit(git)
            BEGIN.write_text(pretty(export(git)), "utf-8")
            git.close()
        RECORDED.mkdir(exist_ok=True)
        for name in names or SCENARIOS:
            folder = Path(root, name)
            folder.mkdir()
            (RECORDED / f"{name}.json").write_text(pretty(play(name, folder)), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
