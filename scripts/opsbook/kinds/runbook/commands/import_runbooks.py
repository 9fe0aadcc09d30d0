"""import pages of another collection as runbooks: tech-docs, Hugo, MkDocs, Docusaurus or plain Markdown"""

from __future__ import annotations

from argparse import Namespace
from datetime import datetime

from opsbook.core.book import Book
from opsbook.core.command import Bring, Brought, Option
from opsbook.core.tree import Tree


def _plan(book: Book, tree: Tree, name: str, args: Namespace, now: datetime) -> Brought:
    from opsbook.kinds.runbook.foreign.plan import plan

    return plan(book, tree, name, args)


COMMAND = Bring(
    _plan,
    options=(
        Option("--owner", "who keeps pages whose owner opsbook.yml does not know", {"metavar": "ID"}, "owners"),
        Option("--area", "one area for all; else the folders of the source are the areas", {"metavar": "ID"}, "areas"),
        Option("--name", "what the collection is called here; its folder's name otherwise"),
    ),
)
