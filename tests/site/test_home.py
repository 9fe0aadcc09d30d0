"""What the home page says of a book."""

from __future__ import annotations

from html import unescape

from opsbook.core.book import Book
from opsbook.kinds import registry
from opsbook.site.home import home_of, home_page
from opsbook.site.render import templates
from tests.kinds.small import START, book

FORM = "https://hub.example/o/r/issues/new?template=declare-an-incident.yml"


def page(of: Book) -> str:
    """The home page as a browser reads it: every character reference resolved."""
    return unescape(
        home_page(home_of(of, [kind.front(of, START) for kind in registry().values()], START), templates()).html
    )


def test_who_has_no_terminal_is_led_to_the_form_where_github_has_one() -> None:
    site = ("timezone: Etc/UTC\n", "timezone: Etc/UTC\nsite: {repository: https://hub.example/o/r/}\n")
    assert f'<a href="{FORM}">with a form</a>' in page(book(site=site))
    assert "with a form" not in page(book())
