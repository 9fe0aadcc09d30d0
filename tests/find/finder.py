"""A book of a few pages, and what is found in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from opsbook.core.book import Book
from opsbook.core.tree import MemoryTree, Tree
from opsbook.find.answer import Answer, answers
from opsbook.find.index import with_index
from opsbook.find.sources import sources
from opsbook.kinds import registry
from tests.cases.cases import base


def runbook(title: str, text: str = "", **front: object) -> str:
    """A runbook with other front matter than its title."""
    rest = "".join(f"{key}: {value}\n" for key, value in {"owner": "platform", **front}.items())
    return f"---\ntitle: {title}\n{rest}---\n\n# {title}\n\n{text}\n"


ALERTS = {
    "docs/alerts/etcdNoLeader.md": "# etcdNoLeader\n\n## Meaning\n\nThe cluster cannot write: its members elect nobody.\n",
    "docs/alerts/etcdMembersDown.md": "# etcdMembersDown\n\n## Meaning\n\nMembers of etcd are down.\n",
    "docs/alerts/CephOSDNearFull.md": "# CephOSDNearFull\n\n## Meaning\n\nA disk of the storage is over 75 %.\n",
    "docs/alerts/CephOSDSlowOps.md": "# CephOSDSlowOps\n\n## Meaning\n\nRequests take long.\n",
    "docs/alerts/NodeFilesystemAlmostOutOfSpace.md": "# NodeFilesystemAlmostOutOfSpace\n\nThe disk of a node is full.\n",
    "docs/alerts/NodeFilesystemFilesFillingUp.md": "# NodeFilesystemFilesFillingUp\n\nToo many files in kube-system.\n",
    "docs/alerts/node-exporter.md": "# The node-exporter\n\nWhat kube-system measures. A warning of it says firing.\n",
    "docs/alerts/KubeJobFailed.md": "# KubeJobFailed\n\n## Diagnosis\n\nThe reason may be `BackoffLimitExceeded`.\n",
    "docs/alerts/KubeNodeNotReady.md": "# KubeNodeNotReady\n\n## Meaning\n\nA node does not answer.\n",
    "docs/network/vpn.md": "# VPN\n\n## When you cannot log in\n\nChoose another network, then ask for a new token.\n",
    "docs/network/f5.md": "# F5\n\n## Addresses\n\nThe load balancer before everything else.\n",
    "docs/data/restore.md": "# Restore a DB\n\n1. Choose the snapshot.\n2. Start the copy.\n\n   Wait until it says `available`.\n",
    "docs/people/japan.md": "# 日本の当番\n\n夜間の連絡先はこちらです。\n",
    "docs/people/escalation.md": "# Escalation\n\nWhom to call when nobody answers, and who escalates to suppliers.\n",
    "runbooks/jenkins/renew-certificates.md": runbook(
        "Renew the certificates of Jenkins",
        "## Steps\n\n1. Ask the vault.\n2. Restart the controller.\n",
        reviewed="2026-11-10",
    ),
    "runbooks/payments/refused.md": runbook(
        "The database is away",
        "Look at the pool.",
        symptoms='["connection refused by the database"]',
        goals="[Bring it back]",
    ),
}
"""Pages of our own that are near each other, in the words of alerts, errors and people."""


def tree(changes: Mapping[str, str | bytes] | None = None) -> MemoryTree:
    """The book of the rule cases with these pages, and with changes."""
    return MemoryTree({**base(), **ALERTS, **(changes or {})})


def find(words: str, tree: Tree, *, kind: str = "", folder: Path | None = None) -> list[Answer]:
    """What `opsbook find` finds."""
    kinds = registry()
    return with_index(
        folder,
        lambda: sources(Book(tree, kinds), kinds),
        tree,
        lambda index: answers(index, words, kind),
        settled=1,
    )
