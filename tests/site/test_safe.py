"""What a person types is text on every page: it never becomes an element, an attribute, a comment or a link."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from typing import Any

import markdown
import pytest
import yaml
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from jinja2 import DictLoader, TemplateAssertionError, TemplateSyntaxError, UndefinedError

from opsbook.core.text import hidden_characters
from opsbook.site import safe
from tests.support.hostile import TEXTS, texts

SLOTS = {
    "prose": "Before @ after.\n\nNext.",
    "alone": "Before.\n\n@\n\nAfter.",
    "start of a line": "Before.\n\n@ after.",
    "heading": "# @\n\nText.",
    "second heading": "# One\n\n## Two @ two\n\nText.",
    "list": "* a\n* @\n* b\n\n1. @\n2. c",
    "table": "| a | b |\n|---|---|\n| @ | x @ y |\n| c | d |",
    "quotation": "> @\n\nText.",
    "link text": "See [@](https://example.org/).",
    "emphasis": "A **@** word, *@* and @.",
    "admonition": "!!! note\n    A @ b.\n\nAfter.",
    "HTML block": '<div class="ob">\n<p>@</p>\n\n<ul>\n<li>@</li>\n</ul>\n</div>\n\nAfter.',
    "HTML block, own line": '<div class="ob">\n@\n</div>\n\nAfter.',
    "attribute": '<p title="@" class="x">Text</p>\n\nAfter.',
    "attribute in prose": 'A <span title="@" data-x="@">word</span> here.',
    "element in prose": "A <code>@</code> here.",
    "element in a table": "| a |\n|---|\n| <span>@</span> |",
    "preformatted": "<pre>@</pre>\n\nAfter.",
}
"""Places in a page where a template may print a value, marked with @."""

WORD = "xyzzy"


class Reader(HTMLParser):
    """What a browser would see: elements with attributes, and text; adjoining text is one."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen: list[Any] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.seen.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        if self.seen and isinstance(self.seen[-1], list):
            self.seen[-1][0] += data
        else:
            self.seen.append([data])

    def handle_comment(self, data: str) -> None:
        self.seen.append(("a comment", data))

    def handle_decl(self, decl: str) -> None:
        self.seen.append(("a declaration", decl))

    def unknown_decl(self, data: str) -> None:
        self.seen.append(("a declaration", data))

    def handle_pi(self, data: str) -> None:
        self.seen.append(("an instruction", data))


def read(page: str) -> list[Any]:
    reader = Reader()
    reader.feed(page)
    reader.close()
    return reader.seen


def convert(text: str) -> str:
    """Python-Markdown with every extension that a book may switch on."""
    return markdown.markdown(
        text,
        extensions=sorted(safe.EXTENSIONS),
        extension_configs={"toc": {"permalink": True}, "pymdownx.highlight": {"pygments_lang_class": True}},
    )


def without_heading_ids(seen: list[Any]) -> list[Any]:
    """The same without anchors that are plain slugs made of a heading's words."""
    out = []
    for item in seen:
        if isinstance(item, tuple) and isinstance(item[1], dict):
            attributes = {
                name: value
                for name, value in item[1].items()
                if not (name == "id" and re.fullmatch(r"[\w-]*", value))
                and not (name == "href" and re.fullmatch(r"#[\w-]*", value))
            }
            item = (item[0], attributes)
        out.append(item)
    return out


def filled(seen: list[Any], value: str) -> list[Any]:
    """What was seen of a page about `WORD`, with `value` for the word in texts and attributes."""
    out: list[Any] = []
    for item in seen:
        if isinstance(item, list):
            out.append([item[0].replace(WORD, value)])
        elif isinstance(item, tuple):
            out.append((item[0], {name: text.replace(WORD, value) for name, text in item[1].items()}))
        else:
            out.append(item)
    return [item for item in out if item != [""]]


def render(slot: str, value: object) -> str:
    env = safe.environment(DictLoader({"page": SLOTS[slot].replace("@", "{{ value }}")}))
    return env.get_template("page").render(value=value)


@pytest.mark.parametrize("slot", SLOTS)
@given(text=texts())
@settings(deadline=None)
def test_a_value_is_text_wherever_a_template_prints_it(slot: str, text: str) -> None:
    assume(text and not hidden_characters(text.replace("\r", "\n")))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    expected = without_heading_ids(read(convert(SLOTS[slot].replace("@", WORD))))
    assert without_heading_ids(read(convert(render(slot, text)))) == filled(expected, text)


@pytest.mark.parametrize("slot", SLOTS)
def test_every_known_attack_is_text_in_every_place(slot: str) -> None:
    expected = without_heading_ids(read(convert(SLOTS[slot].replace("@", WORD))))
    for text in TEXTS:
        seen = without_heading_ids(read(convert(render(slot, text))))
        assert [kind(item) for item in seen if kind(item) != "text"] == [
            kind(item) for item in expected if kind(item) != "text"
        ]


def kind(item: Any) -> Any:
    """An element with the names of its attributes; a text is only a text."""
    if isinstance(item, list):
        return "text"
    return (item[0], tuple(item[1])) if isinstance(item, tuple) else item


def test_hidden_characters_are_made_visible() -> None:
    assert "⟨U+202E⟩" in html.unescape(safe.inert("a\u202eb"))


def test_a_missing_value_prints_nothing_and_an_unknown_name_fails() -> None:
    env = safe.environment(DictLoader({"page": "[{{ value }}]"}))
    assert env.get_template("page").render(value=None) == "[]"
    with pytest.raises(UndefinedError):
        env.get_template("page").render()


@given(first=texts(), second=texts())
def test_joined_and_added_values_stay_text(first: str, second: str) -> None:
    env = safe.environment(DictLoader({"page": "{{ [first, second] | join(' * ') }}"}))
    page = env.get_template("page").render(first=safe.Inert("<b>x</b>"), second=second)
    assert read(page) == [("b", {}), ["x"], "/b", [f" * {html.unescape(safe.inert(second))}"]]
    assert safe.Inert("<b>") + first == f"<b>{safe.inert(first)}"
    assert safe.Inert("<b>{}").format(first) == f"<b>{safe.inert(first)}"


@pytest.mark.parametrize("source", ["{{ a ~ b }}", "{{ a + b }}", "{{ '%s' % a }}"])
def test_templates_cannot_glue_text_to_markup(source: str) -> None:
    with pytest.raises(TemplateSyntaxError, match="in page templates"):
        safe.environment(DictLoader({"page": source})).get_template("page")


@pytest.mark.parametrize("name", ["safe", "escape", "e", "format", "replace", "urlize", "xmlattr", "tojson", "indent"])
def test_templates_have_no_filter_that_makes_or_mends_markup(name: str) -> None:
    with pytest.raises(TemplateAssertionError, match="No filter named"):
        safe.environment(DictLoader({"page": "{{ a | " + name + " }}"})).get_template("page")


# People's Markdown

ALLOWED: dict[str, set[str]] = {
    **{tag: set() for tag in ("br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "ul", "li")},
    **{tag: set() for tag in ("table", "thead", "tbody", "tr", "th", "td")},
    "div": {"class", "tabindex", "role", "aria-label"},
    "p": {"class"},
    "ol": {"start"},
    "a": {"href", "rel"},
}
PLACES = ("@", "Before.\n\n@\n\nAfter.", "* @\n* b", "| a |\n|---|\n| @ |", "Word @ word", "<div>\n@\n</div>", "> @")


@pytest.mark.parametrize("place", PLACES)
@given(text=texts())
@settings(deadline=None)
def test_rich_text_has_harmless_elements_only_and_markdown_leaves_it_alone(place: str, text: str) -> None:
    fragment = str(safe.rich(text))
    assert "\n" not in fragment
    for item in (items := read(fragment)):
        if isinstance(item, tuple):
            tag, attributes = item
            assert set(attributes) <= ALLOWED[tag]
            if tag == "a":
                assert attributes["rel"] == "nofollow noopener"
                assert re.match(r"(https?|mailto):", attributes["href"], re.IGNORECASE)
    page = read(convert(place.replace("@", fragment)))
    start = page.index(("div", {"class": "ob-text"}))
    assert page[start : start + len(items)] == items


@pytest.mark.parametrize("slot", [slot for slot in SLOTS if "attribute" not in slot])
@given(text=texts())
@settings(deadline=None)
def test_a_line_has_code_and_emphasis_only(slot: str, text: str) -> None:
    fragment = safe.line(text)
    allowed = {("code", ()), ("em", ()), ("strong", ()), "/code", "/em", "/strong", "text"}
    assert {kind(item) for item in read(fragment)} <= allowed
    assume(fragment)
    expected, seen = (map(kind, read(convert(SLOTS[slot].replace("@", words)))) for words in (WORD, fragment))
    assert [item for item in seen if item not in allowed] == [item for item in expected if item not in allowed]


def test_a_line_reads_as_it_was_meant() -> None:
    assert read(safe.line("run `a < b`, *now*\n[x](http://y)")) == [
        *(["run "], ("code", {}), ["a < b"], "/code", [", "], ("em", {}), ["now"], "/em", [" x"]),
    ]


def test_rich_text_keeps_what_people_write() -> None:
    text = "# What\n\nIt is **down**, see [graph](https://g.example/a?b=1&c=2).\n\n1. `x < y`\n2. b\n\n```sh\nls ~\n```"
    seen = read(safe.rich(text))
    tags = [item[0] for item in seen if isinstance(item, tuple)]
    assert tags == ["div", "p", "p", "strong", "a", "ol", "li", "code", "li", "pre", "code"]
    assert ("p", {"class": "ob-heading"}) in seen
    assert ("a", {"href": "https://g.example/a?b=1&c=2", "rel": "nofollow noopener"}) in seen
    assert ["x < y"] in seen
    assert ["ls ~\n"] in seen


def test_rich_text_shows_html_as_it_was_typed_and_loads_no_image() -> None:
    seen = read(safe.rich("<b onclick=x>hello</b> ![plan](http://evil.example/x.png)"))
    assert not [item for item in seen if isinstance(item, tuple) and item[0] in ("b", "img")]
    assert "<b onclick=x>hello</b>" in "".join(item[0] for item in seen if isinstance(item, list))


def test_rich_text_keeps_the_words_of_a_link_that_leads_nowhere() -> None:
    seen = read(
        safe.rich("[a](../x.md) [b](javascript:alert(1)) [c](#d) [e](//f.example) <site:x> [g](https://h.example)")
    )
    assert [item[1]["href"] for item in seen if isinstance(item, tuple) and item[0] == "a"] == ["https://h.example"]
    words = "".join(item[0] for item in seen if isinstance(item, list))
    assert all(letter in words for letter in "aceg")


# Addresses and front matter


def assert_harmless(address: str) -> None:
    """What a browser does first with an address: drop controls, trim, then look for a scheme."""
    bare = re.sub(r"[\t\r\n]", "", address).strip("".join(map(chr, range(33))))
    scheme = re.match(r"([a-zA-Z][a-zA-Z0-9+.\-]*):", bare)
    assert scheme is None or scheme.group(1).lower() in ("http", "https", "mailto")


@given(text=texts())
@example("java\tscript:alert(1)")
@example("\x01javascript:alert(1)")
@example(" JaVaScRiPt:alert(1)")
@example("data:text/html,x")
@example("vbscript:x")
@example("javascript&colon;alert(1)")
def test_an_address_has_a_harmless_scheme_or_none(text: str) -> None:
    page = read(convert(f'<p><a href="{safe.href(text)}">x</a></p>\n\n[y]({safe.href(text)})'))
    links = [item[1]["href"] for item in page if isinstance(item, tuple) and item[0] == "a"]
    assert links
    for link in links:
        assert_harmless(link)


@pytest.mark.parametrize(
    "address",
    ["https://example.org/a?b=c&d=(e)#f", "mailto:team@example.org", "incidents/2026/", "../x/#y", "#here", "./"],
)
def test_a_good_address_is_kept(address: str) -> None:
    assert html.unescape(safe.href(address)) == address


@given(text=st.one_of(texts(), st.integers(), st.none()))
def test_front_matter_holds_one_inert_line(text: object) -> None:
    line = f"title: {safe.yaml(text)}"
    value = yaml.safe_load(line)["title"]
    assert isinstance(value, str)
    assert not set(value) & set("<>\"'`*_[]{}\n")
    seen = read(f"<title>{value}</title>")
    assert [item for item in seen if not isinstance(item, list)] == [("title", {}), "/title"]
