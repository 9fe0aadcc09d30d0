"""Moving a book on to the format that this program writes: what changes, as files; nobody's comments are lost."""

from __future__ import annotations

from opsbook.core import markdown, yaml
from opsbook.core.book import CONFIG_PATH, Book
from opsbook.core.config import FORMAT
from opsbook.core.ids import Ids
from opsbook.core.kind import Kinds
from opsbook.core.page_migration import as_github_reads
from opsbook.core.pages import Pages


def migration(book: Book, kinds: Kinds, ids: Ids) -> dict[str, bytes]:
    """The files that change, by path; nothing when the book is up to date.

    What cannot be read is left as it is: the check says so, and a later run moves it on.
    """
    found: dict[str, bytes] = {}
    document, value = book.config.document, book.config.document.value
    if isinstance(value, dict) and not document.faults:
        edits: list[tuple[tuple[str, ...], object]] = []
        if book.config.core.version < FORMAT:
            edits = [(("version",), FORMAT), *_authority(value.get("authority"))]
        elsewhere = [edit for section in book.config.sections.values() for edit in section.moved(value)]
        gone = [place for place, to in elsewhere if to is yaml.DELETE]
        edits = [edit for edit in edits if edit[0] not in gone] + elsewhere
        if edits:
            text = (book.tree.read(CONFIG_PATH) or b"").decode()
            found[CONFIG_PATH] = yaml.edit(text, edits, ("version", "requires")).encode()
    pages = Pages(book)
    for path in (*pages.written(), *(ref.path for ref in book.everything() if book.kinds[ref.kind].is_page)):
        data = book.tree.read(path) or b""
        page = markdown.parse(data)
        if not page.faults and (moved := as_github_reads(path, data.decode(), page, pages)) != data.decode():
            found[path] = moved.encode()
    for ref in book.everything():
        found |= kinds[ref.kind].migrate(book.record(ref), book, ids)
        book.forget(ref)
    return found


def _authority(value: object) -> list[tuple[tuple[str, ...], object]]:
    """A list of roles named those of which one was enough."""
    actions = value.items() if isinstance(value, dict) else ()
    return [(("authority", action), {"any": roles}) for action, roles in actions if isinstance(roles, list)]
