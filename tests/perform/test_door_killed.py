"""The real command, killed by the system at any moment, and run again: one branch, one announcement."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import signal
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from tests.support.desk import Desk, Done, make_desk

COMMANDS = {
    "declare": ("declare", "--title", "Checkout is down", "--severity", "P1", "--lead", "oncall-b", "--yes"),
    "update": ("incident", "update", "--status", "identified", "--tell", "We know the cause."),
}


@cache
def template(name: str) -> Path:
    """A clone in which the command makes sense."""
    desk = make_desk(Path(mkdtemp(prefix="opsbook-killed-")) / "desk")
    if name != "declare":
        desk.declare()
    return desk.path


def begin(root: Path, name: str) -> Desk:
    """A fresh copy of it."""
    shutil.copytree(template(name), root, symlinks=True)
    return Desk(root)


def shape(desk: Desk) -> dict[str, Any]:
    """All that is left of a run, without what differs between any two runs: ids, keys and times."""
    return {
        "files": [sorted(plain(*item) for item in desk.written(branch).items()) for branch in desk.branches()],
        "commits": [len(desk.commits(branch)) for branch in desk.branches()],
        "receipts": sorted(plain(key, value["reference"]) for key, value in desk.receipts().items()),
        "outbox": sorted(plain(*item) for item in desk.outbox().items() if "/." not in item[0]),
        "intents": desk.intents(),
        "condition": desk.condition(),
    }


def plain(*texts: str) -> str:
    """Texts without ids, keys and times; outside of code the text of a request has them with backslashes."""
    text = re.sub(r"\d{8}T\d{6}Z-[0-9a-z]{5}", "ENTRY", "\n".join(texts).replace("\\", ""))
    text = re.sub(r"INC-\d{8}-[0-9A-Z]{5}", "ID", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ|\d\d:\d\d \w+, \w+ \d+ \w+ \d+|by \d\d:\d\d", "TIME", text)
    text = re.sub(r"(?<=opsbook incident (?:note|show) )[0-9A-Z]{5}", "ID", text)
    return re.sub(r"([\"']?)\b[0-9a-f]{12,64}\b\1", "KEY", text)


def check_whole(desk: Desk, wanted: dict[str, Any], where: str) -> None:
    """It is as if nothing had happened."""
    found = shape(desk)
    for part, value in wanted.items():
        assert found[part] == value, f"{where}: {part}"


@pytest.mark.parametrize("name", COMMANDS)
def test_killed_before_any_effect_and_run_again_it_is_as_if_nothing_had_happened(tmp_path: Path, name: str) -> None:
    undisturbed = begin(tmp_path / "undisturbed", name)
    untouched = shape(undisturbed)
    assert undisturbed.opsbook(*COMMANDS[name]).code == 0
    wanted = shape(undisturbed)
    for number in itertools.count(1):
        desk = begin(tmp_path / "desk", name)
        killed = desk.opsbook(*COMMANDS[name], kill=number)
        if killed.code != -signal.SIGKILL:
            assert killed.code == 0
            break
        where = f"{name}, killed before effect {number}"
        if not desk.intents():
            # Before it was made durable, or after it was forgotten because the result had been printed.
            check_whole(desk, wanted if killed.out else untouched, where)
        # What is durable is finished by either; they take turns here, and `test_door_cut_off.py` tries both at each effect.
        if desk.intents() and number % 2:
            assert desk.opsbook("reconcile").code == 0
            check_whole(desk, wanted, f"{where}, reconciled")
        elif desk.intents() or not killed.out:
            done = desk.opsbook(*COMMANDS[name])
            assert done.code == 0, str(done)
            check_whole(desk, wanted, f"{where}, run again")
        shutil.rmtree(desk.path)
    print(f"{name}: killed before each of {number - 1} effects")
    assert number > 12


def killing_git(folder: Path) -> Path:
    """A folder with a `git` that kills its caller, before the command with the number `KILL_AT` or after it."""
    script = folder / "bin" / "git"
    script.parent.mkdir()
    real = shutil.which("git")
    script.write_text(
        "#!/bin/sh\n"
        # Only a caller that is still there: its number may belong to somebody else by now.
        'kill_caller() { [ "$(ps -o ppid= -p $$ | tr -d " ")" = "$PPID" ] && kill -9 $PPID; }\n'
        'echo x >> "$KILL_COUNT"\n'
        'number=$(wc -l < "$KILL_COUNT")\n'
        'if [ "$number" -ne "$KILL_AT" ]; then exec ' + f'{real} "$@"; fi\n'
        'if [ "$KILL_WHEN" = before ]; then kill_caller; exit 1; fi\n'
        f'{real} "$@"\n'
        "kill_caller\n"
    )
    script.chmod(0o755)
    return script.parent


def test_killed_while_git_is_at_work_and_run_again_it_is_declared_once(tmp_path: Path) -> None:
    programs, count = killing_git(tmp_path), tmp_path / "count"

    def declare(desk: Desk, at: int, when: str) -> Done:
        count.write_text("")
        path = f"{programs}:{os.environ['PATH']}"
        places = {"PATH": path, "KILL_AT": str(at), "KILL_WHEN": when, "KILL_COUNT": str(count)}
        return desk.opsbook(*COMMANDS["declare"], environ=places)

    undisturbed = begin(tmp_path / "undisturbed", "declare")
    assert declare(undisturbed, 0, "never").code == 0
    wanted, commands = shape(undisturbed), len(count.read_text().split())
    assert commands
    for number, when in zip(range(1, commands + 1), itertools.cycle(("before", "after"))):
        desk = begin(tmp_path / f"desk-{number}-{when}", "declare")
        killed = declare(desk, number, when)
        where = f"killed {when} Git command {number} of {commands}"
        # Git's reader of objects lives as long as the command, and may be ended by its end.
        assert killed.code == -signal.SIGKILL or killed.out, f"{where}: {killed}"
        if not killed.out:
            assert desk.opsbook(*COMMANDS["declare"]).code == 0, where
        check_whole(desk, wanted, where)
