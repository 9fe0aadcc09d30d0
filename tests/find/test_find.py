"""Whoever is stuck finds the page that helps by whatever they see, or hears that nothing fits."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsbook.adapters.machine.directory import DirectoryTree
from opsbook.core.book import Book
from opsbook.core.tree import MemoryTree, Tree
from opsbook.find.answer import Answer, answers
from opsbook.find.index import NAME, with_index
from opsbook.find.sources import sources
from opsbook.kinds import registry
from tests.cases.cases import base


def runbook(title: str, text: str, **front: str) -> str:
    more = "".join(f"{key}: {value}\n" for key, value in front.items())
    return f"---\ntitle: {title}\nowner: platform\nreviewed: 2026-11-01\n{more}---\n\n# {title}\n\n{text}\n"


BUSY = "The cluster is busy. Look at the alert, the pod and the namespace in the dashboard, then call the team."
RUNBOOKS = {
    "jobs": runbook(
        "KubeJobFailed",
        "A job failed: BackoffLimitExceeded. Delete the job and let it start again.",
        symptoms="[BackoffLimitExceeded]",
    ),
    "leader": runbook("etcdNoLeader", "The members cannot agree. Restart the one that lags."),
    "vpn": runbook("Log in to the VPN", "People who cannot log in to the VPN need a new token."),
    "ceph": runbook("CephOSDNearFull", "An OSD of ceph has hardly any room. Add a disk."),
    "disk": runbook(
        "NodeFilesystemAlmostOutOfSpace", f"{BUSY}\n\n## Steps\n\n1. Find what is large.\n2. Remove old logs.\n"
    ),
    "exporter": runbook("Restart node-exporter", f"The node-exporter of kube-system says nothing. {BUSY}"),
    "warnings": runbook("What a warning means", f"A warning of kube-system, firing or not. {BUSY} " * 3),
    "database": runbook("Fail over the DB", "Promote the replica.", symptoms='["DB"]'),
    "gateway": runbook("The F5 gateway", "Turn the F5 off and on."),
    "tokyo": runbook(
        "\u65e5\u672c\u306e\u30b5\u30fc\u30d0\u30fc", "\u518d\u8d77\u52d5\u3057\u3066\u304f\u3060\u3055\u3044\u3002"
    ),
    "certificates": runbook("Renew the certificate of Jenkins", "Order a new one, then restart Jenkins."),
    "refused": runbook("Connection refused by the proxy", "The proxy is down: start it."),
}
FILES: dict[str, str | bytes] = {
    **base(),
    **{f"runbooks/response/{name}.md": text for name, text in RUNBOOKS.items()},
    "docs/escalate.md": "# Escalation\n\n## Who to call\n\nEscalate to the lead of the programme.\n",
}


def found(typed: str, files: Tree | None = None, folder: Path | None = None, kind: str = "") -> list[Answer]:
    """What answers, in a book."""
    tree = files or MemoryTree(FILES)
    book = Book(tree, registry())
    return with_index(folder, partial(sources, book, registry()), tree, lambda index: answers(index, typed, kind))


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("BackoffLimitExceded", "jobs"),
        ("cant log in vpn", "vpn"),
        ("etcd has no leader", "leader"),
        ("ceph osd is nearly full", "ceph"),
        ("FIRING: NodeFilesystemAlmostOutOfSpace (node-exporter kube-system warning)", "disk"),
        ("[FIRING:1] NodeFilesystemAlmostOutOfSpace\nseverity = warning\nnamespace = kube-system", "disk"),
        ("DB", "database"),
        ("F5", "gateway"),
        ("\u65e5\u672c", "tokyo"),
        ("connection refused", "refused"),
        ("cert renewal jenkins", "certificates"),
    ],
)
def test_the_page_that_helps_comes_first(typed: str, name: str) -> None:
    assert found(typed)[0].source == f"runbooks/response/{name}.md"


def test_services_pages_and_incidents_are_searched_too() -> None:
    assert found("who do I escalate to")[0].source == "docs/escalate.md"
    assert found("who do I escalate to")[0].heading == "Who to call"
    assert found("takes orders")[0].source == "services/checkout.yaml"
    assert found("the key had expired")[0].kind == "incident"
    assert {answer.kind for answer in found("who do I escalate to", kind="runbook")} <= {"runbook"}


def test_the_step_that_answers_is_shown_with_its_place() -> None:
    answer = found("remove old logs")[0]
    line = RUNBOOKS["disk"].split("\n").index("2. Remove old logs.") + 1
    assert (answer.text, answer.path, answer.line) == ("Step 2: Remove old logs.", "runbooks/response/disk.md", line)


@pytest.mark.parametrize(
    "typed", ["coffee machine", "how do I cook rice", "zzzz", "the and of", "?!", "kafka rebalancing"]
)
def test_nothing_is_said_where_nothing_fits(typed: str) -> None:
    assert found(typed) == []


def test_a_security_incident_is_not_found_by_what_it_is() -> None:
    stub = "incidents/2026/INC-20261119-9ZQ2A/incident.yaml"
    words = FILES | {stub: str(FILES[stub], "utf-8") + "summary: the lighthouse keys leaked\n"}  # type: ignore[arg-type]
    assert found("lighthouse keys leaked", MemoryTree(words)) == []


@settings(max_examples=60)
@given(typed=st.text(max_size=80) | st.text(alphabet='"*():^-+ANDORNEAR{}', max_size=40))
def test_any_words_are_answered_without_an_error(typed: str) -> None:
    found(typed)


def test_an_index_follows_the_book_and_may_be_lost(tmp_path: Path) -> None:
    book, folder = tmp_path / "book", tmp_path / "index"
    folder.mkdir()
    for path, data in FILES.items():
        (book / path).parent.mkdir(parents=True, exist_ok=True)
        (book / path).write_bytes(data if isinstance(data, bytes) else data.encode())
    tree = DirectoryTree(book)
    assert found("remove old logs", tree, folder)[0].line
    disk = book / "runbooks/response/disk.md"
    disk.write_text(RUNBOOKS["disk"].replace("Remove old logs", "Grow the volume"))
    assert found("grow the volume", tree, folder)[0].source == "runbooks/response/disk.md"
    disk.unlink()
    assert [answer for answer in found("grow the volume", tree, folder) if "disk.md" in answer.source] == []
    for damage in (b"", b"no database" * 500):
        (folder / NAME).write_bytes(damage)
        assert found("DB", tree, folder)[0].source == "runbooks/response/database.md"
    assert (folder / NAME).stat().st_mode & 0o077 == 0
