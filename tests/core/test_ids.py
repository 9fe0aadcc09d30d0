"""Ids need no counter and no network, and come again for the same seed."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbook.core.ids import ALPHABET, RECORD_ID, Ids, operation_key

SEEDS = st.binary(min_size=16, max_size=80)
NOW = datetime(2026, 11, 21, 10, 5, tzinfo=UTC)


def test_the_alphabet_survives_being_read_aloud() -> None:
    assert len(set(ALPHABET)) == 32
    assert not set(ALPHABET) & set("ILOUilou")


@given(SEEDS, st.lists(st.integers(1, 32), max_size=8))
def test_the_same_seed_draws_the_same_again(seed: bytes, lengths: list[int]) -> None:
    first, second = Ids(seed), Ids(seed)
    drawn = [first.token(length) for length in lengths]
    assert drawn == [second.token(length) for length in lengths]
    assert all(set(token) <= set(ALPHABET) for token in drawn)
    assert [len(token) for token in drawn] == lengths


@given(SEEDS)
def test_a_record_id_is_its_kind_its_utc_day_and_five_characters(seed: bytes) -> None:
    drawn = Ids(seed).record("INC", NOW)
    found = RECORD_ID.fullmatch(drawn)
    assert found
    assert found["prefix"] == "INC"
    assert found["day"] == "20261121"


def test_the_day_is_the_day_in_utc_wherever_somebody_is() -> None:
    west = datetime(2026, 11, 20, 23, 30, tzinfo=timezone(timedelta(hours=-8)))
    assert Ids(bytes(16)).record("INC", west).startswith("INC-20261121-")


@given(SEEDS)
def test_one_source_never_draws_the_same_twice_in_a_row(seed: bytes) -> None:
    ids = Ids(seed)
    assert len({ids.token(8) for _ in range(50)}) == 50


def test_ids_of_different_seeds_collide_as_rarely_as_chance_has_it() -> None:
    drawn = [Ids(number.to_bytes(16, "big")).token() for number in range(6000)]
    expected = 6000 * 5999 / 2 / 32**5
    assert len(drawn) - len(set(drawn)) <= expected + 4 * expected**0.5


def test_every_character_is_as_likely_as_every_other() -> None:
    text = "".join(Ids(number.to_bytes(16, "big")).token(32) for number in range(500))
    counts = [text.count(character) for character in ALPHABET]
    square = sum((count - 500) ** 2 / 500 for count in counts)
    assert square < 61.1  # chi-squared with 31 degrees of freedom: one sound generator in a thousand is beyond


def test_a_short_seed_is_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        Ids(bytes(15))


@given(SEEDS, SEEDS)
def test_an_operation_key_tells_seeds_apart_and_is_none_of_their_ids(seed: bytes, other: bytes) -> None:
    key = operation_key(seed)
    assert re.fullmatch(r"[0-9a-f]{20}", key)
    assert (key == operation_key(other)) == (seed[:64] == other[:64])
