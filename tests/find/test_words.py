"""What people write and what a page says are the same words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbook.find.asked import _distance
from opsbook.find.words import indexed, words


@pytest.mark.parametrize(
    "alike",
    [
        "renew renewal renews renewed renewing",
        "expire expires expired expiring expiration",
        "deploy deploys deployed deployment deployments",
        "policy policies",
        "move moved moving",
        "VM VMs vm",
        "naïve naive",
        "can't cant can’t",
        "Straße strasse",
    ],
)
def test_forms_of_a_word_are_one(alike: str) -> None:
    assert len({indexed(word) for word in alike.split()}) == 1


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("KubeAPIDown", "kub api down kubeapidown"),
        ("kube_api-down", "kub api down kubeapidown"),
        ("ADR044 F5 k8s", "adr044 f5 k8s"),
        ("日本語", "日本 日 本 本語 本 語"),
        ("the and how", ""),
    ],
)
def test_a_name_is_kept_whole_and_in_its_parts(text: str, parts: str) -> None:
    assert indexed(text) == parts


@given(st.text())
def test_words_can_be_kept_in_any_index(text: str) -> None:
    for word in words(text):
        for token in (word.whole, *word.parts):
            assert token
            assert not set(token) & set(' "\n\0')
            token.encode()


@pytest.mark.parametrize(
    ("one", "two", "most", "distance"),
    [
        ("leader", "leader", 1, 0),
        ("laeder", "leader", 1, 1),
        ("leder", "leader", 1, 1),
        ("lea", "leader", 2, 3),
        ("abc", "xyz", 1, 2),
    ],
)
def test_spellings_are_compared_by_what_must_be_mended(one: str, two: str, most: int, distance: int) -> None:
    assert _distance(one, two, most) == _distance(two, one, most) == distance
