"""list incidents: the open ones, or all of them"""

from opsbook.core.command import Option, Read
from opsbook.kinds.incident.listing import listing

COMMAND = Read(
    lambda book, args, now, record: listing(book, now, every=args.all),
    options=(Option("--all", "also those that are resolved", {"action": "store_true"}),),
)
