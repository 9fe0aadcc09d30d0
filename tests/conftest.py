"""What every test shares: a clean environment, and no silent skips where CI runs everything."""

from __future__ import annotations

import gc
import inspect
import logging
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.support import quick, sweeps

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, one for all tests of a worker: Playwright cannot be started twice in one.

    Without it these tests are skipped, and `.ci/run`, which installs it, refuses skips.
    """
    if shutil.which("chromium") is None:
        pytest.skip("Chromium is not installed: apt-get install chromium fonts-dejavu-core")
    from tests.support.site import chromium

    with chromium() as opened:
        yield opened


@pytest.fixture
def sweep(record_property: Callable[[str, object], None]) -> sweeps.Sweep:
    """To be called at the end of a test that ran cells of a sweep: with its name, and how many they were."""
    record_property(sweeps.MEMBER, True)
    return lambda name, cells: record_property(sweeps.PROPERTY + name, cells)


@pytest.fixture
def overheard(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """Everything that was logged at any level, by any library, and everything that was printed, since the last call."""
    caplog.set_level(logging.DEBUG)

    def listen() -> str:
        printed, logged = capfd.readouterr(), caplog.text
        caplog.clear()
        return logged + printed.out + printed.err

    return listen


# Property tests are judged by their promises, not by how busy the machine is, and try the same inputs in every run: a
# change answers for what it changed. `make test-any-day` looks for inputs that nobody tried yet.
settings.register_profile("opsbook", settings.default, deadline=None, derandomize=True, database=None)
settings.register_profile("new-inputs", settings.default, deadline=None)
settings.load_profile("opsbook")
# Whoever starts the tests in the background of a shell leaves every process deaf to Ctrl-C, and some tests press it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# For whoever is editing: `make quick`. The full run tries as many inputs as Hypothesis does by itself.
settings.register_profile("quick", settings.get_profile("opsbook"), max_examples=20)


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: tests wait for processes of their own, and for calls that time out."""
    return (os.cpu_count() or 1) + 1


_MEMORY = Path("/dev/shm")
_ROOM = 4 * 1024**3


def pytest_configure(config: pytest.Config) -> None:
    """One folder holds all that a run writes, in memory where there is room: half a million files, many of them synced."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    roomy = "TMPDIR" not in os.environ and _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM
    folder = tempfile.mkdtemp(prefix="opsbook-tests-", dir=_MEMORY if roomy else None)
    os.environ["TMPDIR"] = tempfile.tempdir = folder
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Where slow tests are left out, their files are not even imported."""
    left_out = config.getoption("markexpr") == "not slow" and collection_path.name.startswith("test_")
    return True if left_out and quick.starts_processes(collection_path) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is slow, by what it uses and not by hand: `make quick` leaves it out."""
    here = Path(__file__)
    for item in items:
        fixtures = item._fixtureinfo.name2fixturedefs if isinstance(item, pytest.Function) else {}
        given = {_written_in(found[-1].func) for found in fixtures.values()}
        files = {item.path, *(path for path in given if path.is_relative_to(here.parent) and path != here)}
        if quick.SLOW_FIXTURES & fixtures.keys() or any(map(quick.starts_processes, files)):
            item.add_marker(pytest.mark.slow)


@cache
def _written_in(function: Callable[..., object]) -> Path:
    """The file in which a fixture is written; thousands of tests use the same few."""
    return Path(inspect.getfile(inspect.unwrap(function)))


# Thousands of tests are collected, and stay: nobody looks through them for what could be forgotten, which took a quarter
# of the time of the collection, and some of that of every test.
gc.disable()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Where slow tests are left out, none that is left can start a process: its mark would be missing."""
    gc.freeze()
    gc.enable()
    if session.config.getoption("markexpr") == "not slow":
        sys.addaudithook(quick.refuse_processes)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how large the sweeps were that really ran, in however many processes, and how they ended."""
    stats = terminalreporter.stats
    reports = [report for report in stats.get("passed", []) if report.when == "call"]
    broken = [report for name in ("failed", "error") for report in stats.get(name, [])]
    # A file that cannot be imported is reported too, and is member of no sweep.
    failed = sum((sweeps.MEMBER, True) in getattr(report, "user_properties", ()) for report in broken)
    for line in sweeps.summary((item for report in reports for item in report.user_properties), failed):
        terminalreporter.write_line(line, red=bool(failed), bold=True)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test sees the identity, the configuration, the tokens or the proxies of whoever runs it."""
    for name in list(os.environ):
        ours = ("GIT_", "OPSBOOK_", "GITHUB_", "SLACK_", "STATUSPAGE_", "SMTP_", "PAGERDUTY_", "PAGING_")
        if name.startswith(ours) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    home = tmp_path_factory.getbasetemp() / "home"
    home.mkdir(exist_ok=True)
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(home / "gitconfig"))


_REFUSES_SKIPS = bool(os.environ.get("OPSBOOK_NO_SKIPS"))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Where `OPSBOOK_NO_SKIPS` is set, a skipped test fails the run: nothing may be left out unnoticed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter is not None else []
    if _REFUSES_SKIPS and skipped and exitstatus == 0:
        reporter.write_line(f"{len(skipped)} tests were skipped, and OPSBOOK_NO_SKIPS is set", red=True)
        session.exitstatus = 1
