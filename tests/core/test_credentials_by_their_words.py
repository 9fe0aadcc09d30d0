"""A credential is searched for only in a text that holds one of its words; that must never hide one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbook.core.secrets import Leak, contacts, credentials

# Put together here, so that no scanner takes this file for a leak.
SHAPES = {
    "a private key": "-----BEGIN RSA PRIVATE" + " KEY-----",
    "an AWS access key": "AKIA" + "ABCDEFGHIJKLMNOP",
    "a GitHub token": "ghp_" + "a1B2" * 9,
    "a GitLab token": "glpat-" + "a1B2" * 5,
    "a Slack token": "xoxb-" + "1234567890",
    "a Slack webhook": "https://hooks.slack" + ".com/services/T00000000/B0",
    "a Google API key": "AIza" + "a1B2c" * 7,
    "a Stripe key": "sk_live_" + "a1B2" * 4,
    "an npm token": "npm_" + "a1B2" * 9,
    "an Azure key": "AccountKey=" + "a1B2" * 10,
    "a JSON web token": "eyJ" + "abcdefgh.eyJ" + "abcdefgh.abcdefgh",
    "a password in an address": "https://user:" + "pw12345@host.example",
    "a bearer token": "Authorization: " + "bearer abcdefghijklmnop",
    "a password": "password: " + "abcdefgh1",
    "a secret": "api-key: " + "abcdefgh1",
}


@pytest.mark.parametrize("what", SHAPES)
@pytest.mark.parametrize("around", ["", "it was ", "we saw é ", "see "])
def test_every_shape_is_found_by_itself(what: str, around: str) -> None:
    text = f"{around}{SHAPES[what]} there"
    assert [leak.what for leak in credentials(text)] == [what]


@pytest.mark.parametrize("key", ["apıKey", "apİ_key", "ſecret", "passwd", "clientSecret", "acceſſ-toKen"])
def test_letters_that_count_as_others_hide_no_password(key: str) -> None:
    (leak,) = credentials(f"{key}=abcdefgh1")
    assert leak.what in ("a password", "a secret")


def test_what_lies_in_another_shape_is_reported_once() -> None:
    assert len(list(credentials("password=" + SHAPES["a GitHub token"]))) == 1


@given(st.lists(st.sampled_from([*SHAPES.values(), "and", "\n", "…", "token", "@"]), max_size=6))
def test_shapes_side_by_side_are_all_found(parts: list[str]) -> None:
    text = " ; ".join(parts)
    wanted = [part for part in parts if part in SHAPES.values()]
    found: list[Leak] = list(credentials(text))
    assert len(found) >= len(wanted)
    assert all(leak.start < leak.end <= len(text) for leak in found)


@pytest.mark.parametrize("beside", ["", " and a@host.example"])
@pytest.mark.parametrize("number", ["+44 20 7946 0958", "020 7946 0958", "+1-202-555-0143"])
def test_phone_numbers_are_found_with_and_without_a_mail_address_beside_them(number: str, beside: str) -> None:
    assert [leak.what for leak in contacts(f"call {number}{beside}")] == ["a phone number"]


@pytest.mark.parametrize("other", ["v1.020794609581", "x020794609581", "2026-0207946095811", "-0207946095811"])
def test_digits_inside_another_word_are_no_phone_number(other: str) -> None:
    assert list(contacts(other)) == []
