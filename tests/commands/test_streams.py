"""Pipes, closed streams, interrupts and logs: the exit code is right, and nothing is left half done."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from opsbook.commands import commands
from tests.support.desk import Desk, environment

COMMANDS = {name: found.summary for name, found in commands().items()}

DECLARE = ("declare", "--title", "Checkout is down", "--severity", "P1", "--yes")


def shell(desk: Desk, script: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """A line in a shell, in which `$OPSBOOK` is the real command."""
    variables = environment(OPSBOOK=f"{sys.executable} -m opsbook", **environ)
    done = subprocess.run(
        ["bash", "-c", script], cwd=desk.path, env=variables, capture_output=True, text=True, timeout=60
    )
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    return done


@pytest.mark.parametrize("words", ["--help", "explain", "incident list --all", "check --format json", "declare --help"])
def test_a_reader_that_goes_away_is_no_fault(desk: Desk, words: str) -> None:
    done = shell(desk, f"$OPSBOOK {words} | head -c 1 > /dev/null; echo ${{PIPESTATUS[0]}}")
    assert done.stdout in ("0\n", "141\n")
    assert done.stderr == ""


def test_a_reader_that_went_away_before_has_missed_the_result_and_gets_it_from_the_same_command(desk: Desk) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    process = desk.start(*DECLARE, stdout=writer)
    os.close(writer)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 141
    assert "Traceback" not in err.decode()
    assert len(desk.intents()) == 1
    done = desk.opsbook(*DECLARE)
    assert done.code == 0
    assert "asked for at" in done.out
    assert len(desk.branches()) == 1
    assert desk.intents() == []


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_stops_nothing(desk: Desk, closed: str) -> None:
    assert shell(desk, f"$OPSBOOK {' '.join(DECLARE).replace('Checkout is down', 'Down')} {closed}").returncode == 0
    assert shell(desk, f"$OPSBOOK check {closed}").returncode == 0
    assert shell(desk, f"$OPSBOOK --help {closed}").returncode == 0
    assert len(desk.branches()) == 1
    assert len(desk.outbox()) == 3
    assert desk.intents() == []


def test_output_that_cannot_be_written_is_told_on_the_other_stream(desk: Desk) -> None:
    done = shell(desk, "$OPSBOOK check > /dev/full")
    assert (done.returncode, done.stderr) == (3, "opsbook: the output cannot be written: No space left on device.\n")
    done = shell(desk, f"$OPSBOOK {' '.join(DECLARE).replace('Checkout is down', 'Down')} > /dev/full")
    assert done.returncode == 3
    assert "It is done, and the result cannot be written: No space left on device." in done.stderr
    assert len(desk.branches()) == len(desk.intents()) == 1


def test_an_interrupt_leaves_at_once_and_reconcile_finishes_what_was_begun(desk: Desk, tmp_path: Path) -> None:
    ready, script = tmp_path / "ready", tmp_path / "bin" / "git"
    os.mkfifo(ready)
    script.parent.mkdir()
    # A Git that says when it is about to move a branch, and then waits for something that never comes.
    script.write_text(
        "#!/bin/sh\n"
        f'case " $* " in *" update-ref "*) echo > {ready}; read never < {ready} ;; esac\n'
        f'exec {shutil.which("git")} "$@"\n'
    )
    script.chmod(0o755)
    process = desk.start(*DECLARE, environ={"PATH": f"{script.parent}:{os.environ['PATH']}"})
    ready.read_text()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, b"")
    assert b"Traceback" not in err
    assert b"opsbook reconcile" in err
    assert (desk.branches(), len(desk.intents())) == ([], 1)
    assert desk.opsbook("reconcile").code == 0
    assert (len(desk.branches()), desk.intents()) == (1, [])


def test_a_note_from_an_endless_stream_is_refused(desk: Desk) -> None:
    desk.declare()
    done = shell(desk, "yes | $OPSBOOK incident note -")
    assert done.returncode == 1
    assert "20000 are allowed" in done.stderr


@pytest.mark.parametrize(
    "environ",
    [
        {"PYTHONIOENCODING": "ascii", "LANG": "C"},
        {"LANG": "C", "LC_ALL": "POSIX"},
        {"PYTHONUTF8": "0", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"},
    ],
    ids=["ascii", "POSIX", "no UTF-8"],
)
def test_an_odd_locale_loses_no_word(desk: Desk, environ: dict[str, str]) -> None:
    done = desk.opsbook(
        "declare", "--title", "Zahlung ausgefallen: ü 结账", "--severity", "P1", "--yes", environ=environ
    )
    assert done.code == 0
    assert 'title: "Zahlung ausgefallen: ü 结账"' in "".join(desk.written().values())
    assert desk.opsbook("incident", "note", "-", stdin="ü 结账".encode(), environ=environ).code == 0
    assert "text: ü 结账" in "".join(desk.written().values())
    assert "结账" in desk.opsbook("incident", "list", environ=environ).out
    assert desk.opsbook("--help", environ=environ).code == 0


@pytest.mark.parametrize("environ", [{}, {"NO_COLOR": "1"}, {"FORCE_COLOR": "1", "CLICOLOR_FORCE": "1"}], ids=str)
def test_what_is_no_terminal_gets_no_escape_sequences(desk: Desk, environ: dict[str, str]) -> None:
    desk.declare()
    desk.write({"services/checkout.yaml": "name: [\n"})
    for words in (
        ("check",),
        ("incident", "list"),
        ("incident", "show"),
        ("checklist", "show"),
        ("explain", "INC001"),
        DECLARE,
    ):
        done = desk.opsbook(*words, environ=environ)
        assert "\x1b" not in done.out + done.err


def test_people_read_standard_output_and_progress_goes_to_standard_error(desk: Desk) -> None:
    done = desk.opsbook(*DECLARE)
    assert re.match(r"[0-9A-Z]{5} declared, ", done.out)
    assert done.err == ""
    assert desk.opsbook("note", "x", "--verbose").err == ""
    loud = desk.opsbook("set", "severity", "P2", "--verbose")
    assert all(line.startswith(("For ", "  ")) for line in loud.err.splitlines())
    assert not re.search(r"^For \w+:", loud.out, re.MULTILINE)


def test_annotations_for_github_are_commands_and_nothing_else_is(desk: Desk) -> None:
    desk.write({"services/checkout.yaml": "name: '::error::x'\n"})
    done = desk.opsbook("check", "--format", "github")
    assert done.code == 1
    lines = done.out.splitlines()
    commands = [line for line in lines if line.startswith("::")]
    assert commands
    assert all(
        re.match(r"::(error|warning) file=[^,:]+,line=\d+,col=\d+,title=[A-Z]{3}\d{3}::", line) for line in commands
    )
    assert not re.search(r"^\s*::(?!error |warning )", done.out, re.MULTILINE)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_refuses_what_it_does_not_know_in_a_sentence(desk: Desk, name: str) -> None:
    done = desk.opsbook(*name.split(), "--no-such-option", "\x1b[31m")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("opsbook: ")
    assert f"opsbook {name} --help" in done.err
    assert "\x1b" not in done.err


@pytest.mark.parametrize("word", ["--by", "--help", "-h", "--", "--by=oncall-b", "-", "--format=json"])
def test_what_comes_after_two_dashes_is_a_word_and_no_option(desk: Desk, word: str) -> None:
    record = desk.declare()
    assert desk.opsbook("incident", "note", record, "--kind", "note", "--", f"{word} said somebody").code == 0
    said = desk.opsbook("explain", "--", word)
    assert (said.code, said.out) == (2, "")
    assert word in said.err
    done = desk.opsbook("incident", "note", "--", record, word)
    assert done.code == 0 or word == "-", str(done)
    unknown = desk.opsbook("schema", "--", word)
    assert unknown.code == 2
    assert word in unknown.err
    assert "U+0000" not in unknown.err
