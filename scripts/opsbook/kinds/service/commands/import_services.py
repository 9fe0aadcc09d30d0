"""import the services that Backstage knows, from catalog-info.yaml"""

from __future__ import annotations

from argparse import Namespace
from datetime import datetime

from opsbook.core.book import Book
from opsbook.core.command import Bring, Brought, Option
from opsbook.core.tree import Tree


def _plan(book: Book, tree: Tree, name: str, args: Namespace, now: datetime) -> Brought:
    from opsbook.kinds.service.backstage import plan

    return plan(book, tree, name, args)


COMMAND = Bring(
    _plan,
    options=(
        Option("--owner", "the team that runs services whose owner is no team here", {"metavar": "TEAM"}, "teams"),
    ),
)
