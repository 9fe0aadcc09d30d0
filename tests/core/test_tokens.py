"""Every vendor's token is found wherever people paste it, and what only looks like one stays what it is."""

from __future__ import annotations

import base64
import json
import random
import re
import string
from pathlib import Path

import pytest

from opsbook.core.book import Book
from opsbook.core.secrets import contacts, credentials, mask
from opsbook.core.tokens import SHAPES
from opsbook.core.tree import MemoryTree
from opsbook.kinds import registry
from opsbook.kinds.incident.words import sentence, words

HERE = Path(__file__).parent
ALPHABETS = {
    "10": string.digits,
    "16": "0123456789abcdef",
    "62": string.ascii_letters + string.digits,
    "64": string.ascii_letters + string.digits + "_-",
    "A": string.ascii_uppercase + string.digits,
    "a": string.ascii_lowercase + string.digits,
}


def _made(recipe: str) -> str:
    """A token that nobody was ever given. It is drawn here, so that no scanner takes a file for a leak."""
    dice = random.Random(recipe)

    def drawn(found: re.Match[str]) -> str:
        letters, count = ALPHABETS[found[1]], int(found[2])
        plain = [letter for letter in letters if letter not in "_-"]
        inner = "".join(dice.choice(letters) for _ in range(count - 2))
        return dice.choice(plain) + inner + dice.choice(plain) if count > 1 else dice.choice(plain)

    return re.sub(r"{(\w+):(\d+)}", drawn, recipe)


TOKENS = {
    name: _made(recipe)
    for name, recipe in (line.split(" | ", 1) for line in (HERE / "tokens.txt").read_text("utf-8").splitlines())
}
HARMLESS = (HERE / "harmless.txt").read_text("utf-8").splitlines()
BOOK = Book(MemoryTree({}), registry())


def test_there_are_as_many_shapes_as_it_says() -> None:
    assert len(SHAPES) >= 100
    assert len(TOKENS) >= 110
    assert len(HARMLESS) >= 110
    assert len({name for name, _, _ in SHAPES}) == len(SHAPES)


@pytest.mark.parametrize("name", TOKENS)
def test_a_token_is_found_in_a_title_a_note_a_report_a_runbook_and_json(name: str) -> None:
    token = TOKENS[name]
    tail = next((part for part in ("pw@", "correcthorse") if part in token), "") or max(
        re.split(r"[^A-Za-z0-9]", token), key=lambda part: (sum(map(str.isdigit, part)), len(part))
    )
    assert tail not in sentence(BOOK, f"{token} leaked", "title")
    assert tail not in words(BOOK, f"We used\n> {token}\nin the job.", "note")
    for text in (
        f"## What happened\n\nSomebody pasted {token}, and noticed.\n",
        f"1. Run it.\n\n    ```\n    x {token}\n    ```\n",
        json.dumps({"step": 1, "value": token}),
        f"value: {token}\n",
    ):
        masked, what = mask(text)
        assert tail not in masked, text
        assert what


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_looks_like_one_is_kept(text: str) -> None:
    for around in (text, f"We saw: {text}", f"- {text}\n- more\n", json.dumps({"text": text}), f"`{text}`"):
        assert [around[leak.start : leak.end] for leak in (*credentials(around), *contacts(around))] == []


# -- private keys

BODY = [_made("{62:64}") for _ in range(6)]
PEM = "\n".join(["-----BEGIN RSA PRIVATE" + " KEY-----", *BODY, "aB3=", "-----END RSA PRIVATE" + " KEY-----"])
NO_END = PEM.rpartition("\n")[0]
HEADED = PEM.replace("-----\n", "-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,0011223344\n\n", 1)
PGP = "\n".join(
    [
        "-----BEGIN PGP PRIVATE" + " KEY BLOCK-----",
        "Version: GnuPG v2",
        "",
        *BODY,
        "-----END PGP PRIVATE" + " KEY BLOCK-----",
    ]
)
PUTTY = "\n".join(["PuTTY-User-Key-File-3: ssh-rsa", "Encryption: none", "Private-Lines: 6", *BODY])
CONFIG = f"apiVersion: v1\nusers:\n- user:\n    client-key-data: {base64.b64encode(PEM.encode()).decode()}\n"
KEYS = {
    "as it is": PEM,
    "in one line, as JSON has it": json.dumps({"type": "service_account", "private_key": PEM}),
    "as a variable": 'KEY="' + PEM.replace("\n", "\\n") + '"',
    "without its last line": NO_END,
    "without its last line, in one line": NO_END.replace("\n", "\\n"),
    "with headers": HEADED,
    "with headers and no end": HEADED.rpartition("\n")[0],
    "quoted": "\n".join(f"> {line}" for line in PEM.splitlines()),
    "quoted without an end": "\n".join(f"> {line}" for line in NO_END.splitlines()),
    "indented": "\n".join(f"    {line}" for line in PEM.splitlines()),
    "with line ends of Windows": PEM.replace("\n", "\r\n"),
    "of PGP": PGP,
    "of PuTTY": PUTTY,
    "in base64": base64.b64encode(PEM.encode()).decode(),
    "in base64, in lines": base64.encodebytes(PEM.encode()).decode(),
    "in a configuration of Kubernetes": CONFIG,
    "in a configuration in base64": base64.b64encode(CONFIG.encode()).decode(),
    "twice": f"{NO_END}\n\n{PEM}",
}


@pytest.mark.parametrize("form", KEYS)
def test_nothing_of_a_private_key_is_left_in_whatever_form_it_was_pasted(form: str) -> None:
    pasted = KEYS[form]
    for text in (pasted, f"This is it:\n{pasted}\nPlease rotate it.", f"x\n\n{pasted}\n\nThe pods restarted at 10:02."):
        masked, what = mask(text)
        assert "a private key" in what
        pieces = [*BODY, *(base64.b64encode(PEM.encode()).decode()[at : at + 20] for at in range(0, 200, 20))]
        assert [piece for piece in pieces if piece[:16] in masked] == []
        for kept in ("Please rotate it.", "The pods restarted at 10:02."):
            assert (kept in text) == (kept in masked)


def test_a_certificate_and_a_public_key_are_no_secret() -> None:
    for name in ("CERTIFICATE", "PUBLIC KEY"):
        pem = "\n".join([f"-----BEGIN {name}-----", *BODY, f"-----END {name}-----"])
        for text in (pem, base64.b64encode(pem.encode()).decode()):
            assert list(credentials(text)) == []
