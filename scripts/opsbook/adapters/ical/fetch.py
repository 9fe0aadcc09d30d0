"""Fetches a calendar: over https alone, from the host that the book names, not for ever and not more than it may be."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from opsbook.core.errors import ForgeError

if TYPE_CHECKING:
    import requests

LIMIT = 5_000_000
"""Bytes."""
SECONDS = 20.0
"""For all of it; a server that sends a byte now and then keeps nobody."""
TIMEOUTS = (5.0, 10.0)
"""Seconds to connect, and between two pieces."""
REDIRECTS = 3


def fetch(address: str, *, seconds: float = SECONDS, limit: int = LIMIT) -> bytes:
    """The bytes at an address.

    Raises:
        ForgeError: they could not be had; the sentence says why, and not where: an address may be half a secret.
    """
    import requests

    ends, host = time.monotonic() + seconds, urlsplit(address).netloc
    try:
        with requests.Session() as session:
            for _ in range(REDIRECTS + 1):
                if urlsplit(address).scheme != "https" or urlsplit(address).netloc != host:
                    raise ForgeError(
                        "The server sends elsewhere, to another host or without https.", "Name that address."
                    )
                answer = session.get(
                    address, timeout=TIMEOUTS, allow_redirects=False, stream=True, headers={"User-Agent": "opsbook"}
                )
                with answer:
                    if answer.is_redirect:
                        address = urljoin(address, answer.headers["Location"])
                        continue
                    if answer.status_code != 200:
                        raise ForgeError(
                            f"The server answered {answer.status_code}.", "Look at the address in a browser."
                        )
                    return _body(answer, ends, seconds, limit)
    except requests.RequestException as error:
        raise ForgeError(f"The server could not be asked ({type(error).__name__}).", "Try again later.") from None
    raise ForgeError("The server sends from one address to the next.", "Look at the address in a browser.")


def _body(answer: requests.Response, ends: float, seconds: float, limit: int) -> bytes:
    found = bytearray()
    for piece in answer.iter_content(65536):
        found += piece
        if len(found) > limit:
            raise ForgeError(f"The calendar has more than {limit:,} bytes.", "Fetch one that holds the rota alone.")
        if time.monotonic() > ends:
            raise ForgeError(f"The calendar did not come within {seconds:.0f} s.", "Try again later.")
    return bytes(found)
