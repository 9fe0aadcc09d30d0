"""Credentials and personal contact details are found, and nothing else is; a mask leaves nothing of them."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbook.core.secrets import contacts, credentials, mask

ROOT = Path(__file__).parents[2]
MAILBOXES = ("help@desk.internal",)

# Put together here, so that no scanner takes this file for a leak. No number or address reaches anybody: they are
# those that regulators keep free for fiction, and a domain for private networks.
CREDENTIALS = {
    "a whole private key": "-----BEGIN EC PRIVATE" + " KEY-----\nMHcCAQEEIA==\n-----END EC PRIVATE" + " KEY-----",
    "a PGP key": "-----BEGIN PGP PRIVATE" + " KEY BLOCK-----",
    "a temporary AWS key": "ASIA" + "ABCDEFGHIJKLMNOP",
    "a GitHub app token": "ghs_" + "a1B2" * 9,
    "a fine-grained GitHub token": "github_pat_" + "a1B2_" * 10,
    "a Slack user token": "xoxp-" + "123-456-789-abc",
    "a Slack app token": "xapp-" + "1-A0-123-abcdef",
    "a workflow webhook": "https://hooks.slack" + ".com/workflows/T0123/A0123/123",
    "a restricted Stripe key": "rk_live_" + "a1B2" * 5,
    "a PyPI token": "pypi-" + "AgEIcHlwaS5vcmc" * 4,
    "a shared access key": "SharedAccessKey=" + "a1B2" * 10 + "=",
    "a database address": "postgres://app:" + "s3cr3t@db.internal/app",
    "a header in JSON": '"Authorization": "Bearer ' + 'abcdefghijklmnop0"',
    "a password in JSON": '{"password": "' + 'hunter22"}',
    "a variable": "DB_PASSWORD=" + "hunter22",
    "a secret access key": "aws_secret_access_key = " + "wJalrXUtnFEMI/K7MDENG",
    "a client secret": "client-secret: " + "abc123def",
    "a token": "token=" + "abcdefgh1",
}
CONTACTS = {
    "a mail address": "somebody.else+x@desk.internal",
    "an address in brackets": "<somebody@a.b.desk.internal>",
    "an address after dots": "...somebody@desk.internal",
    "London": "020 7946 0958",
    "London, in brackets": "(020) 7946 0958",
    "London, from abroad": "+44 (0)20 7946 0958",
    "a mobile phone": "07700900123",
    "Paris": "01 99 00 12 34",
    "America": "+1-202-555-0143",
}
INNOCENT = (
    "the password is in the vault",
    "password: <from the vault>",
    "PASSWORD=${DB_PASSWORD}",
    "password: changed yesterday",
    "Authorization: Bearer <token>",
    "the secret slack-token was renewed",
    "asiapacificnortheast akiaabcdefghijklmnop",
    "https://host.example:8443/a@b",
    "git@github.com:owner/name.git",
    "ssh://git@host.example/x",
    "noreply@desk.internal octocat@users.noreply.github.com",
    "a@example.com b@example.org c@service.example d@opsbook.invalid e@x.test",
    "help@desk.internal HELP@DESK.INTERNAL",
    "@platform #incident <!channel>",
    "2026-11-21T10:05:00Z 20261121T100500Z-3fk2q INC-20261121-01234 TKT-20261121-00000",
    "03-11-2026 09:42 and 03.11.2026 10:15, 03/11/2026",
    "00:00:01.000000001 0.000123456 12:00:00.000000000",
    "10.240.0.10 192.168.000.001 0.0.0.0/0 ::1",
    "f44f097befc2dedeade9d39ca9aeb1b43a6efa51a1754e7085c0ed3d23c15924",
    "0123456789abcdef0123456789abcdef01234567",
    "550e8400-e29b-41d4-a716-446655440000 00000000-0000-0000-0000-000000000000",
    "1700000000 1700000000000 v1.020794609581 007",
    "order 4711-0815 and 3 of 5 pods",
    "+02:00 +0000 -0800",
)


def found(text: str) -> list[str]:
    """What is found in a text."""
    return [leak.what for leak in (*credentials(text), *contacts(text, MAILBOXES))]


@pytest.mark.parametrize("what", CREDENTIALS)
def test_a_credential_is_found_where_people_paste_it(what: str) -> None:
    secret = CREDENTIALS[what]
    for text in (secret, f"we used {secret}", f"({secret})", f"```\n{secret}\n```", f'"{secret}"', f"é {secret}, then"):
        assert list(credentials(text)), text


@pytest.mark.parametrize("what", CONTACTS)
def test_contact_details_are_found(what: str) -> None:
    for text in (CONTACTS[what], f"call {CONTACTS[what]} now", f"x: {CONTACTS[what]}, y", f"{CONTACTS[what]}."):
        assert len(list(contacts(text))) == 1, text


@pytest.mark.parametrize("text", INNOCENT)
def test_nothing_else_is_found(text: str) -> None:
    assert found(text) == []


LEAKS = ("tests/cases/LEK", "tests/cases/SUP002", "scripts/opsbook/core/examples.json")
"""Cases that hold what must be found."""


def test_nothing_is_found_in_this_repository() -> None:
    listed = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True, check=True)
    searched = 0
    for name in listed.stdout.split("\0"):
        if name.endswith((".md", ".yaml", ".yml", ".toml", ".j2", ".json")) and not name.startswith(LEAKS):
            text = (ROOT / name).read_text("utf-8")
            shared = ("help@desk.internal", "HELP@desk.internal")
            assert [text[leak.start : leak.end] for leak in (*credentials(text), *contacts(text, shared))] == [], name
            searched += 1
    assert searched > 100


PIECES = st.sampled_from(
    [*CREDENTIALS.values(), *CONTACTS.values(), *INNOCENT, "", " ", "\n", "=", ":", "@", '"', "password", "0", "é"]
)


@given(st.lists(PIECES, max_size=6).map("".join))
def test_nothing_is_left_to_find_in_a_masked_text(text: str) -> None:
    masked, removed = mask(text, MAILBOXES)
    assert found(masked) == []
    assert bool(removed) == bool(found(text))
    if not removed:
        assert masked == text


@given(st.text())
def test_a_mask_changes_nothing_in_a_text_without_leaks(text: str) -> None:
    masked, removed = mask(text)
    if not removed:
        assert masked == text


HOSTILE = {
    "colons": "://" + ":" * 20_000,
    "colons and signs": "://" + "a:" * 10_000,
    "names of passwords": "password=" * 2_200,
    "names with spaces": "password" + " " * 20_000,
    "names in quotes": 'password"' * 2_200,
    "half a web token": "eyJaaaaaaaa-" * 1_700,
    "dots of a web token": "eyJaaaaaaaa." * 1_700,
    "beginnings of keys": "-----BEGIN " * 1_800,
    "a long beginning of a key": "-----BEGIN " + "A" * 20_000,
    "keys without an end": "-----BEGIN PRIVATE" + " KEY-----\nabc " * 900,
    "letters": "a" * 20_000,
    "letters and a sign": "a" * 20_000 + "@",
    "signs": "@" * 20_000,
    "addresses without an end": "a@a." * 5_000,
    "an address of dots": "a@" + "a." * 10_000,
    "an address of hyphens": "a@" + "a-" * 10_000,
    "digits": "0" * 20_000,
    "digits with spaces": "0 1 " * 5_000,
    "plus signs": "+44 " * 5_000,
    "brackets": "(020" * 5_000,
    "headers": "authorization: " * 1_400,
    "a header of spaces": "authorization:" + " " * 20_000 + "bearer",
    "webhooks": "https://hooks.slack" + ".com/services/" * 700,
    "tokens that are too short": "glpat-abc " * 2_000 + "xoxb-1 " * 2_000,
    "underscores": "github_pat_" * 1_800,
    "new lines": "\n" * 20_000,
    "keys one after another": ("-----BEGIN PRIVATE" + " KEY-----\n") * 700,
    "base64 in lines": ("A" * 64 + "\n") * 300,
    "manifests without a kind": "data:\n a: b\n" * 1_500,
    "entries of a manifest": "data:\n" + " a: b\n" * 3_000,
    "curl": "curl -s " * 2_500,
    "remote shells": "ssh -a b " * 2_000 + "a@b.internal",
    "half a key of a vendor": "datadog api " * 1_700,
}


@pytest.mark.parametrize("what", HOSTILE)
def test_no_text_takes_longer_than_its_length_deserves(what: str) -> None:
    def seconds(text: str) -> float:
        took = []
        for _ in range(3):
            start = time.process_time()
            found(text)
            took.append(time.process_time() - start)
        return min(took)

    text = HOSTILE[what]
    assert seconds(text) < 0.25
    # Twice the length takes about twice the time, not four times; a fifth of a second is no matter.
    assert seconds(text * 4) < max(0.2, 8 * seconds(text))
