"""What every test shares: a clean environment, and no silent skips where CI runs everything."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test sees the identity, the configuration, the tokens or the proxies of whoever runs it."""
    for name in list(os.environ):
        ours = ("GIT_", "OPSBOOK_", "GITHUB_", "SLACK_", "STATUSPAGE_", "SMTP_")
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
