"""What may follow on a command line is offered by the definitions of the commands and by the book at hand."""

from __future__ import annotations

import json
import os
import pty
import select
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from opsbook.report.completion import SHELLS, offered, printed, script
from tests.cases.cases import base
from tests.report import completion_words
from tests.support.repos import Clone, make_repo

OPEN = "INC-20261125-0ABCD"
"""Declared, and not merged yet: it has a branch, and no folder on main."""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    clone = make_repo(tmp_path_factory.mktemp("completion") / "book")
    clone.commit("Begin", base())
    clone.git("branch", f"opsbook/{OPEN}")
    (clone.path / "docs").mkdir()
    return clone


def typed(line: str, book: Clone) -> list[str]:
    """What is offered behind a line; its last word is being typed."""
    return list(offered(line.split(" "), book.path / "docs"))


def test_the_package_knows_the_command_line_as_it_is() -> None:
    assert completion_words.PATH.read_text("utf-8") == completion_words.written(), "run make schemas"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("che", ["check", "checklist"]),
        ("incident ", ["list", "note", "show", "update"]),
        ("incident li", ["list"]),
        ("check --fo", ["--format"]),
        ("check --format ", ["github", "json", "sarif", "text"]),
        ("check --format=gi", ["--format=github"]),
        ("check --format = gi", ["github"]),  # as bash takes the line apart
        ("incident update --status res", ["resolved"]),
        ("incident update --severity ", ["P1", "P2", "P3"]),
        ("incident update --lead ", ["oncall-a", "oncall-b", "product-a", "tech-a"]),
        ("incident note --by oncall-b", ["oncall-b"]),
        ("declare --service p", ["payments"]),
        ("declare --service checkout --service ", ["checkout", "payments"]),
        ("declare --component ", ["web"]),
        ("incident update - --template ", ["still-looking"]),
        ("checklist tick - 1 --runbook ", ["response/respond"]),
        ("new runbook --owner ", ["oncall", "ops", "product-manager", "tech-lead", "platform"]),
        ("new runbook --area ", ["response"]),
        ("explain LEK", ["LEK001", "LEK002", "LEK003", "LEK004"]),
        ("incident show ", [OPEN, "INC-20261121-7KQ4M", "INC-20261119-9ZQ2A", "INC-20261116-3M8XD"]),
        ("incident show 7kq4m", ["INC-20261121-7KQ4M"]),
        ("incident note - hello ", []),
        ("incident note -- --", []),
        ("declare --title ", []),
        ("completion ", ["bash", "zsh", "fish"]),
        ("nothing ", []),
        ("-C .. incident show 0ABC", [OPEN]),
        ("-C", []),
    ],
)
def test_what_may_follow_is_offered(line: str, words: list[str], book: Clone) -> None:
    assert typed(line, book) == words


def test_each_is_shown_with_what_it_is(book: Clone) -> None:
    found = offered(["incident", "update", "--status", ""], book.path)
    assert found["identified"] == "The cause is known, and users may still be affected."
    assert offered(["declare", "--lead", ""], book.path)["oncall-a"] == "On-call engineer A"
    assert offered(["incident", "show", "7KQ4M"], book.path) == {"INC-20261121-7KQ4M": "checkout-down"}
    assert offered(["explain", "LEK001"], book.path) == {"LEK001": "A credential in a record"}
    assert printed({"a": "one\x1b[2J\ttwo\n", "b": ""}) == "a\tone [2J two\nb\n"


def test_a_book_that_is_none_or_hostile_offers_nothing_that_a_shell_obeys(tmp_path: Path) -> None:
    assert offered(["declare", "--lead", ""], tmp_path) == {}
    assert offered(["incident", "show", ""], tmp_path / "gone") == {}
    hostile = (
        "people:\n  - id: $(id)\n  - id: a;b\n  - id: -rf\n  - [x]\n  - id: good\n    retired: 2026-01-01\nroles: x\n"
    )
    (tmp_path / "opsbook.yml").write_text(hostile, "utf-8")
    (tmp_path / "services").mkdir()
    (tmp_path / "services" / "$(id).yaml").touch()
    assert offered(["declare", "--lead", ""], tmp_path) == {}
    assert offered(["declare", "--service", ""], tmp_path) == {}
    assert offered(["checklist", "show", "--owner", ""], tmp_path) == {}


def test_every_argument_that_names_something_can_be_offered() -> None:
    table = json.loads(completion_words.PATH.read_text("utf-8"))
    known = {*table["kinds"], *table["vocabularies"], "record"}
    named = {
        argument["of"]
        for command in table["commands"].values()
        for argument in (*command["options"].values(), *command["words"])
        if "of" in argument
    }
    assert named <= known
    assert named >= {"incident", "people", "service", "severities", "runbook"}
    assert all(places for places in table["vocabularies"].values())


@pytest.mark.parametrize("words", [["completion", "zsh"], ["completion", "bash", "--", "incident", "show", ""]])
def test_nothing_slow_is_imported_while_somebody_waits(words: list[str]) -> None:
    code = "import sys; from opsbook.cli import main; main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
    assert {"pydantic", "argparse", "yaml", "subprocess"} & set(done.stderr.split()) == set()


@pytest.mark.parametrize(
    ("words", "code", "out"),
    [
        (("zsh",), 0, script("zsh")),
        (("bash", "--", "explain", "LEK001"), 0, "LEK001\tA credential in a record\n"),
        (("bash", "explain", "LEK001"), 0, "LEK001\tA credential in a record\n"),
        (("ksh",), 2, ""),
        ((), 2, ""),
    ],
)
def test_the_command_answers_also_what_its_parser_has_to_read(words: tuple[str, ...], code: int, out: str) -> None:
    done = subprocess.run([sys.executable, "-m", "opsbook", "completion", *words], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (code, out)


# The shells themselves.

PROGRAM = """\
#!/bin/sh
[ "$1" = completion ] && exec {python} -m opsbook "$@"
printf 'GOT'
for word; do printf '|%s' "$word"; done
printf '|\\n'
"""
"""Answers as the program does when a shell asks, and otherwise prints what it was called with."""

LINES = [
    ("opsbook chec\t --form\t js\t\n", "GOT|check|--format|json|"),
    ("opsbook incident show 7KQ4M\t\n", "GOT|incident|show|INC-20261121-7KQ4M|"),
    ("opsbook declare --lead oncall-b\t--serv\tpay\t\n", "GOT|declare|--lead|oncall-b|--service|payments|"),
    ("opsbook incident update --status=clo\t\n", "GOT|incident|update|--status=closed|"),
    ("opsbook checklist tick - 1 --runbook resp\t\n", "GOT|checklist|tick|-|1|--runbook|response/respond|"),
    ("opsbook check serv\tpaym\t\n", "GOT|check|services/payments.yaml|"),
]
STARTS = {"bash": ("--norc", "--noprofile", "-i"), "zsh": ("-f", "-i")}


def shell(name: str) -> str:
    """Where it is; the test is skipped without it."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    program = tmp_path / "bin" / "opsbook"
    program.parent.mkdir()
    program.write_text(PROGRAM.format(python=sys.executable), "utf-8")
    program.chmod(0o755)
    path = os.pathsep.join((str(program.parent), os.environ["PATH"]))
    return {"PATH": path, "HOME": str(tmp_path), "TERM": "dumb", "PS1": "$ ", "LC_ALL": "C.UTF-8"}


@pytest.mark.parametrize("name", STARTS)
def test_a_person_presses_tab(name: str, book: Clone, environ: dict[str, str]) -> None:
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [shell(name), *STARTS[name]],
        cwd=book.path, env=environ, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
    )  # fmt: skip
    os.close(slave)
    screen = ""
    try:
        for line, got in [(f'eval "$(opsbook completion {name})"; opsbook ready\n', "GOT|ready|"), *LINES]:
            os.write(master, line.encode())
            while got not in screen:
                assert select.select([master], [], [], 60)[0], screen
                screen += os.read(master, 65536).decode(errors="replace")
            screen = ""
    finally:
        process.kill()
        process.wait()
        os.close(master)


def test_fish_asks_too(book: Clone, environ: dict[str, str]) -> None:
    asked = [
        "opsbook incident show 7KQ4M",
        "opsbook check --format=gi",
        "opsbook declare --lead ",
        "opsbook check serv",
    ]
    lines = ["opsbook completion fish | source", *(f"complete -C '{line}'; echo =" for line in asked)]
    done = subprocess.run(
        [shell("fish"), "-N", "-c", "\n".join(lines)], cwd=book.path, env=environ, capture_output=True, text=True
    )
    assert done.stdout.split("=\n") == [
        "INC-20261121-7KQ4M\tcheckout-down\n",
        "--format=github\n",
        "oncall-a\tOn-call engineer A\noncall-b\tOn-call engineer B\n" + PRODUCT,
        "services/\n",
        "",
    ]


PRODUCT = "product-a\tProduct manager A\ntech-a\tTech lead A\n"


def test_every_shell_has_its_script() -> None:
    assert all("completion" in script(name) for name in SHELLS)
