"""People's words are shown as they are, or with what hides in them made visible; nothing is lost."""

from __future__ import annotations

import re
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbook.core.text import hidden_characters, is_hidden, one_line, shorten, terminal, visible


@pytest.mark.parametrize(
    "text",
    [
        "plain text, with a tab\tand\nlines",
        "Käse – “quoted” … €50 № 5 ½ ﬁ",
        "no-break\xa0space, thin\u2009space, ideographic\u3000space",
        "👨‍👩‍👧‍👦 family",
        "🏳️‍🌈 rainbow flag",
        "🏴‍☠️ pirate flag",
        "👩🏽‍💻 with a skin tone",
        "🏃🏽‍♀️‍➡️ running to the right",
        "👁️‍🗨️ ❤️‍🔥 🐦‍⬛ 🧑‍🤝‍🧑",
        "1️⃣ #️⃣ *️⃣ keycaps",
        "☎️ ☎︎ © ©️ ‼️ ℹ️ ↔️ Ⓜ️ ㊗️ 〰️",
        "🏴󠁧󠁢󠁥󠁮󠁧󠁿 🏴󠁧󠁢󠁳󠁣󠁴󠁿 flags of regions",
        "🇬🇧🇫🇷 flags of countries",
        "\U0001fae8 \U0001fadf next year's emoji",
        "می‌خواهم",
        "नहीं क्‍ष ශ්‍රී বাংলা",
        "עברית العربية ไทย 日本語 한국어",
        "辻󠄀 葛󠄀 with the form of a name",
        "e\u0301 x\u0336 combining",
        "\U00010330 Gothic, \U0001d400 mathematics",
        "",
    ],
)
def test_what_people_write_is_not_hidden(text: str) -> None:
    assert hidden_characters(text) == []
    assert visible(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb\u202c", "a⟨U+202E⟩b⟨U+202C⟩"),
        ("a\u2066b\u2069", "a⟨U+2066⟩b⟨U+2069⟩"),
        ("\u061c\u200e\u200f", "⟨U+061C⟩⟨U+200E⟩⟨U+200F⟩"),
        ("a\u200bb\u2060c\ufeff", "a⟨U+200B⟩b⟨U+2060⟩c⟨U+FEFF⟩"),
        ("a\u200cb a\u200db", "a⟨U+200C⟩b a⟨U+200D⟩b"),
        ("👨\u200d", "👨⟨U+200D⟩"),
        ("\u200d👨", "⟨U+200D⟩👨"),
        ("👨\u200d\u200d👩", "👨⟨U+200D⟩⟨U+200D⟩👩"),
        ("👨\u200da", "👨⟨U+200D⟩a"),
        ("م\u200ca", "م⟨U+200C⟩a"),
        ("a\ufe0f", "a⟨U+FE0F⟩"),
        ("1\ufe0f", "1⟨U+FE0F⟩"),
        ("❤\ufe0f\ufe0f", "❤\ufe0f⟨U+FE0F⟩"),
        ("❤\ufe00", "❤⟨U+FE00⟩"),
        ("a\U000e0100", "a⟨U+E0100⟩"),
        ("辻\U000e0100\U000e0101", "辻\U000e0100⟨U+E0101⟩"),
        ("\U000e0041\U000e0042", "⟨U+E0041⟩⟨U+E0042⟩"),
        ("🏴\U000e0067\U000e0062", "🏴⟨U+E0067⟩⟨U+E0062⟩"),
        ("🏴\U000e0067\U000e007f", "🏴⟨U+E0067⟩⟨U+E007F⟩"),
        ("🏴" + "\U000e0061" * 7 + "\U000e007f", "🏴" + "⟨U+E0061⟩" * 7 + "⟨U+E007F⟩"),
        ("😀\U000e0067\U000e0062\U000e0065\U000e007f", "😀⟨U+E0067⟩⟨U+E0062⟩⟨U+E0065⟩⟨U+E007F⟩"),
        ("soft\xadhyphen", "soft⟨U+00AD⟩hyphen"),
        ("a\u034fb", "a⟨U+034F⟩b"),
        ("\u3164\uffa0\u115f", "⟨U+3164⟩⟨U+FFA0⟩⟨U+115F⟩"),
        ("a\u2028b\u2029c\x85d", "a⟨U+2028⟩b⟨U+2029⟩c⟨U+0085⟩d"),
        ("\x00\x07\x1b[31m\x7f\x9b", "⟨U+0000⟩⟨U+0007⟩⟨U+001B⟩[31m⟨U+007F⟩⟨U+009B⟩"),
        ("\x0b\x0c\x1c", "⟨U+000B⟩⟨U+000C⟩⟨U+001C⟩"),
        ("\ue000\uf8ff\U000f0000\U0010fffd", "⟨U+E000⟩⟨U+F8FF⟩⟨U+F0000⟩⟨U+10FFFD⟩"),
        ("\ufffe\ufdd0\U0001ffff", "⟨U+FFFE⟩⟨U+FDD0⟩⟨U+1FFFF⟩"),
        ("\ud83d \udc68", "⟨U+D83D⟩ ⟨U+DC68⟩"),
        ("a\r\nb\rc", "a\nb\nc"),
    ],
)
def test_what_hides_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text())
def test_visible_text_has_nothing_to_hide_and_lost_nothing(text: str) -> None:
    shown = visible(text)
    assert hidden_characters(shown) == []
    assert visible(shown) == shown
    back = re.sub(r"⟨U\+([0-9A-F]{4,6})⟩", lambda found: chr(int(found[1], 16)), shown)
    if "⟨" not in text:
        assert back == text.replace("\r\n", "\n").replace("\r", "\n")


@given(st.text())
def test_hidden_characters_are_those_that_are_hidden(text: str) -> None:
    found = [index for index, _ in hidden_characters(text)]
    assert found == [index for index in range(len(text)) if is_hidden(text, index)]


def test_every_control_character_and_format_character_alone_is_hidden_but_signs_that_show() -> None:
    shown = [
        char
        for char in map(chr, range(0x110000))
        if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") and not is_hidden(char, 0)
    ]
    # Tab, line feed, and the signs of Arabic, Syriac and Kaithi that are drawn around what follows them.
    signs = "9 A 600 601 602 603 604 605 6DD 70F 890 891 8E2 110BD 110CD"
    assert " ".join(f"{ord(char):X}" for char in shown) == signs


@pytest.mark.parametrize("unit", ["\u200d", "👨\u200d", "\U000e0061", "🏴\U000e0061", "\u202e", "a\ufe0f", "é"])
def test_long_hostile_text_takes_no_longer_for_each_character(unit: str) -> None:
    begin = time.process_time()
    for function in (visible, one_line, terminal, hidden_characters):
        function(unit * 20_000)
    shorten(unit * 20_000, 10_000)
    assert time.process_time() - begin < 10


def test_one_line_is_one_line() -> None:
    assert one_line("  a\n\n b\tc\u2028d\r\ne  ") == "a b c⟨U+2028⟩d e"


@given(st.text())
def test_one_line_has_no_line_ends(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1
    assert one_line(one_line(text)) == one_line(text)


@pytest.mark.parametrize(
    ("text", "width", "short"),
    [
        ("short", 5, "short"),
        ("a long title", 7, "a long…"),
        ("a long title", 8, "a long…"),
        ("ab", 1, "…"),
        ("ab", 0, ""),
        ("ab", -3, ""),
        ("cafe\u0301 x", 5, "caf…"),
        ("ab 👨‍👩‍👧 c", 6, "ab…"),
        ("ab 👍🏽 c", 5, "ab…"),
        ("ab 1️⃣ c", 5, "ab…"),
        ("🇬🇧🇫🇷🇩🇪", 4, "🇬🇧…"),
        ("a 🏴󠁧󠁢󠁥󠁮󠁧󠁿 b", 6, "a…"),
    ],
)
def test_a_text_is_cut_between_what_people_see_as_characters(text: str, width: int, short: str) -> None:
    assert shorten(text, width) == short


@given(st.text(), st.integers(-2, 40))
def test_a_short_text_is_never_too_long_and_hides_nothing_new(text: str, width: int) -> None:
    text = visible(text)
    short = shorten(text, width)
    assert len(short) <= max(width, 0)
    assert hidden_characters(short) == []
    assert text.startswith(short.removesuffix("…"))


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("::error::x", ": :error::x"),
        ("a\n \t::set-output name=x::y", "a\n \t: :set-output name=x::y"),
        ("a\r::stop-commands::x", "a\n: :stop-commands::x"),
        ("\xa0\u3000::warning::", "\xa0\u3000: :warning::"),
        ("\u200b::error::x", "⟨U+200B⟩::error::x"),
        ("::::", ": :::"),
        ("a ##[error]b ##[group]", "a ## [error]b ## [group]"),
        ("###[error]", "### [error]"),
        ("##vso[task.setvariable]", "## vso[task.setvariable]"),
        ("\x1b]0;title\x07", "⟨U+001B⟩]0;title⟨U+0007⟩"),
        ("std::vector a::b", "std::vector a::b"),
        ("# a\n## b\n[c]", "# a\n## b\n[c]"),
    ],
)
def test_nothing_printed_is_obeyed_by_a_terminal_or_a_runner(text: str, safe: str) -> None:
    assert terminal(text) == safe


COMMANDS = st.lists(
    st.sampled_from(
        [
            ":",
            "::",
            "#",
            "##",
            "[",
            "vso[",
            "error",
            " ",
            "\n",
            "\r",
            "\t",
            "\x1b",
            "\x0b",
            "\u2028",
            "\xa0",
            "\x85",
        ]
    )
).map("".join)


@given(st.one_of(COMMANDS, st.text()))
def test_no_command_survives_and_nothing_is_dropped(text: str) -> None:
    safe = terminal(text)
    assert not any(line.strip().startswith("::") for line in safe.splitlines())
    assert "##[" not in safe
    assert "##vso[" not in safe
    assert all(char in "\n\t" or unicodedata.category(char) != "Cc" for char in safe)
    assert safe.replace(" ", "") == visible(text).replace(" ", "")
    assert terminal(safe) == safe
