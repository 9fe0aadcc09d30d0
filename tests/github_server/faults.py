"""How a GitHub fails, as plain data: which call, in what way, before or after its effect, once or for good."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

When = Literal["before", "after"]


@dataclass(frozen=True)
class Kind:
    """A way to fail.

    Attributes:
        status: of the answer; 0 when there is none.
        message: in the answer.
        whens: whether it comes before the effect, after it, or either.
        silent: `hang` (no answer at all), `reset`, or `garbage` (the right status with a body that cannot be read).
    """

    name: str
    status: int = 0
    message: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    whens: tuple[When, ...] = ("before",)
    silent: Literal["", "hang", "reset", "garbage", "cut", "html"] = ""

    @property
    def refuses(self) -> bool:
        """Whether the answer says that nothing was done."""
        return 300 <= self.status < 500


_BOTH: tuple[When, ...] = ("before", "after")

KINDS = {
    kind.name: kind
    for kind in (
        Kind("bad credentials", 401, "Bad credentials"),
        Kind("scope", 403, "Resource not accessible by integration"),
        Kind(
            "rate limit",
            403,
            "API rate limit exceeded for installation ID 1.",
            (("x-ratelimit-limit", "1000"), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1795255500")),
        ),
        Kind("rate limit without headers", 403, "API rate limit exceeded for installation ID 1."),
        Kind(
            "secondary limit",
            403,
            "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
            (("retry-after", "60"),),
        ),
        Kind(
            "secondary limit without headers",
            403,
            "You have exceeded a secondary rate limit and have been temporarily blocked from content creation.",
        ),
        Kind("too many requests", 429, "Too many requests", (("retry-after", "30"),)),
        Kind("moved", 301, "Moved Permanently", (("location", "https://elsewhere.example/steal"),)),
        Kind("not found", 404, "Not Found"),
        Kind("conflict", 409, "Git Repository is empty."),
        Kind("invalid", 422, "Validation Failed"),
        Kind("server error", 500, "Server Error", whens=_BOTH),
        Kind("bad gateway", 502, "", whens=_BOTH, silent="html"),
        Kind("unavailable", 503, "Service unavailable", whens=_BOTH),
        Kind("timeout", whens=_BOTH, silent="hang"),
        Kind("reset", whens=_BOTH, silent="reset"),
        Kind("unreadable", whens=_BOTH, silent="garbage"),
        Kind("cut short", whens=_BOTH, silent="cut"),
    )
}


@dataclass
class Fault:
    """One failure to come.

    Attributes:
        call: GitHub's name of the operation (`pulls/create`), or `*` for any.
        kind: a name of `KINDS`.
        times: how often; `None` for good.
        skip: how many calls pass before it.
    """

    call: str
    kind: str
    when: When = "before"
    times: int | None = 1
    skip: int = 0
    met: int = field(default=0, compare=False)

    def meets(self, operation: str) -> bool:
        """Whether it strikes this call; counts."""
        if self.call not in ("*", operation):
            return False
        self.met += 1
        nth = self.met - self.skip
        return nth > 0 and (self.times is None or nth <= self.times)
