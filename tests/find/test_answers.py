"""Whoever is stuck pastes, misspells and asks; the page that helps comes first, or nothing does."""

from __future__ import annotations

import pytest

from opsbook.core.book import Book
from opsbook.core.entry import Entry, Passage
from opsbook.core.record import Record
from opsbook.core.tree import MemoryTree
from opsbook.find.answer import answers
from opsbook.find.index import with_index
from opsbook.find.sources import sources
from tests.find.finder import find, runbook, tree
from tests.support.wish.kind import WishKind

TREE = tree()

FOUND = {
    "BackoffLimitExceded": "docs/alerts/KubeJobFailed.md",  # a letter is missing
    "cant log in vpn": "docs/network/vpn.md",  # an apostrophe is
    "etcd has no leader": "docs/alerts/etcdNoLeader.md",  # the name as a sentence
    "etcdnoleader": "docs/alerts/etcdNoLeader.md",  # and as one word
    "ceph osd is nearly full": "docs/alerts/CephOSDNearFull.md",
    "ceph osds near full": "docs/alerts/CephOSDNearFull.md",
    "FIRING: NodeFilesystemAlmostOutOfSpace (node-exporter kube-system warning)": "docs/alerts/NodeFilesystemAlmostOutOfSpace.md",
    'alertname="KubeNodeNotReady" severity="critical" pod="node-exporter-x7k2p" namespace="kube-system"': "docs/alerts/KubeNodeNotReady.md",
    "file system is almost out of space": "docs/alerts/NodeFilesystemAlmostOutOfSpace.md",
    "DB": "docs/data/restore.md",
    "F5": "docs/network/f5.md",
    "日本": "docs/people/japan.md",
    "当": "docs/people/japan.md",
    "restoring databases": "docs/data/restore.md",
    "connection refused": "runbooks/payments/refused.md",
    "cert renewal jenkins": "runbooks/jenkins/renew-certificates.md",
    "who do I escalate to": "docs/people/escalation.md",
    "payments": "services/payments.yaml",
    "the key had expired": "incidents/2026/INC-20261116-3M8XD-payments-fail",
    "3M8XD": "incidents/2026/INC-20261116-3M8XD-payments-fail",
}


@pytest.mark.parametrize("asked", FOUND)
def test_the_page_that_helps_comes_first(asked: str) -> None:
    found = find(asked, TREE)
    assert [answer.source for answer in found][:1] == [FOUND[asked]]


@pytest.mark.parametrize(
    "asked",
    [
        "kafka consumer lag is growing",
        "FIRING: KafkaUnderReplicatedPartitions (node-exporter kube-system warning)",
        "cassandra compaction is stuck on a node",
        "how do I book a meeting room",
        "ORA-01555: snapshot too old",
        "the",
        "",
        "?!",
        "🙂",
    ],
)
def test_nothing_is_said_instead_of_something_wrong(asked: str) -> None:
    assert find(asked, TREE) == []


def test_the_step_or_the_line_that_answers_is_shown_with_its_place() -> None:
    [answer, *_] = find("the copy is not available", TREE)
    assert (answer.path, answer.line, answer.text) == ("docs/data/restore.md", 4, "Step 2: Start the copy.")
    [answer, *_] = find("log in to the vpn", TREE)
    assert (answer.heading, answer.line) == ("When you cannot log in", 3)
    assert answer.text == "Choose another network, then ask for a new token."


def test_a_place_is_right_below_front_matter_and_comments_that_allow_a_finding() -> None:
    text = runbook(
        "Rotate a key", "<!-- opsbook: allow RUN004 because\n     it is short -->\n\nFirst ask the zookeeper."
    )
    [answer, *_] = find("zookeeper", tree({"runbooks/jenkins/rotate.md": text}))
    lines = text.split("\n")
    assert lines[answer.line - 1] == "First ask the zookeeper."


def test_a_symptom_or_a_goal_outweighs_a_page_full_of_the_words() -> None:
    page = "# Databases\n\n" + "A connection to a database may be refused. " * 20
    found = find("connection refused by the database", tree({"docs/data/connections.md": page}))
    assert [answer.source for answer in found] == ["runbooks/payments/refused.md", "docs/data/connections.md"]
    assert found[0].sign == "connection refused by the database"


def test_a_symptom_may_have_two_letters() -> None:
    [answer, *_] = find("F7", tree({"runbooks/jenkins/key.md": runbook("A key does nothing", symptoms="[F7]")}))
    assert (answer.source, answer.sign) == ("runbooks/jenkins/key.md", "F7")


def test_a_page_about_why_comes_after_one_about_how() -> None:
    pages = {f"docs/{folder}/queue.md": "# Drain the queue\n\nIn order.\n" for folder in ("decisions", "how-to")}
    assert [answer.source for answer in find("drain the queue", tree(pages))] == [
        "docs/how-to/queue.md",
        "docs/decisions/queue.md",
    ]


@pytest.mark.parametrize("asked", ["Security incident", "INC-20261119-9ZQ2A", "9ZQ2A", "exfiltration of the pet names"])
def test_nothing_of_a_security_incident_is_found_not_even_what_should_not_be_there(asked: str) -> None:
    folder = "incidents/2026/INC-20261119-9ZQ2A"
    leaked = {f"{folder}/report.md": "# Incident report\n\nExfiltration of the pet names.\n"}
    for changes in ({}, leaked):
        assert folder not in [answer.source for answer in find(asked, tree(changes))]


def test_an_incident_that_cannot_be_read_may_be_a_security_incident() -> None:
    path = "incidents/2026/INC-20261116-3M8XD-payments-fail"
    text = (TREE.read(f"{path}/incident.yaml") or b"").decode()
    for damaged in (text.replace("classification: operational\n", ""), text + "what: ever\n", "{"):
        assert path not in [answer.source for answer in find("3M8XD", tree({f"{path}/incident.yaml": damaged}))]


def test_a_runbook_with_a_broken_front_matter_is_found_by_its_text() -> None:
    text = "---\ntitle: [\n---\n\n# Unblock the shovel\n\nRestart the shovel of the broker.\n"
    [answer, *_] = find("shovel of the broker", tree({"runbooks/jenkins/shovel.md": text}))
    assert answer.entry.note == "its front matter cannot be read"


def test_one_kind_alone_can_be_asked() -> None:
    assert [answer.source for answer in find("payments", TREE, kind="incident")] == [FOUND["3M8XD"]]
    assert find("who do I escalate to", TREE, kind="runbook") == []


class FoundWish(WishKind):
    """A wish that can be found."""

    found_in = ("",)

    def found(self, record: Record) -> Entry | None:
        """All that it says."""
        return Entry(record.path, record.id, (Passage("", record.files[""].text, 0),))


@pytest.mark.parametrize(
    ("kind", "paths"), [(FoundWish(), ["wishes/2026/11/WSH-20261121-7KQ4M.yaml"]), (WishKind(), [])]
)
def test_a_kind_says_itself_what_can_be_found_of_it(kind: WishKind, paths: list[str]) -> None:
    path = "wishes/2026/11/WSH-20261121-7KQ4M.yaml"
    files = MemoryTree({path: "id: WSH-20261121-7KQ4M\ntitle: A pony\nby: oncall-a\n"})
    kinds = {kind.name: kind}
    found = with_index(
        None, lambda: sources(Book(files, kinds), kinds), files, lambda index: answers(index, "pony", kind.name)
    )
    assert [answer.source for answer in found] == paths
