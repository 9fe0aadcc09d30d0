"""Finds what must never be in a record: credentials, and somebody's own contact details.

Tokens of vendors are in `core.tokens`. Here is what has no vendor: private keys in any form that people paste,
passwords, and contact data, which is judged by what stands around it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

from opsbook.core.keys import encoded, is_key, private_keys
from opsbook.core.tokens import SHAPES

_NAMED = r"(?:password|passwd|passphrase|pwd)"
_VALUE = r"[^\s\"'<>{}$`]"
_IS = r"[\"']?[ \t]{0,9}[:=][ \t]{0,9}"
_ENTRY = r"(?>[ \t>]{1,40}(?!kind:)[\w.-]{1,253}:[ \t]{1,9}[^\s#][^\n]{0,20000})"
_ENTRIES = rf"[ \t]{{0,9}}\r?\n({_ENTRY}(?:\n{_ENTRY}){{0,100}}+)"
_VENDORS = (
    r"adafruit|adobe|airtable|algolia|asana|azure|beamer|bitbucket|bugsnag|cloudflare|codecov|"
    r"cohere|coinbase|confluent|datadog|discord|droneci|dropbox|etsy|facebook|fastly|finicity|"
    r"finnhub|flickr|freshbooks|gitter|gocardless|heroku|hetzner|hubspot|intercom|jenkins|jfrog|"
    r"jira|kraken|launchdarkly|linear|linkedin|linode|looker|mailgun|mattermost|messagebird|"
    r"mistral|netlify|newrelic|okta|opsgenie|pagerduty|papertrail|plaid|postmark|rapidapi|"
    r"rollbar|sendbird|sentry|shodan|snyk|sonar|splunk|squarespace|statuspage|sumologic|travis|"
    r"trello|twilio|twitch|twitter|vultr|yandex|zendesk"
)
"""Whose tokens have no shape of their own, so that only their name tells what they are."""

_CREDENTIALS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    *SHAPES,
    ("a password in an address", ("~://",), r"(?<=://)[^\s/:@<>\"']{0,64}:[^\s/@<>\"'{}$*]{2,128}(?=@[A-Za-z0-9.\[-])"),
    (
        "a bearer token",
        ("authorization",),
        (
            r"(?i:\bauthorization[\"']?[ \t]{0,9}[:=][ \t]{0,9}[\"']?"
            r"(?:bearer|basic|token|geniekey|apikey|splunk|ssws)[ \t]{1,9}(?:token=)?[A-Za-z0-9+/=._~-]{16,}+)"
        ),
    ),
    (
        "a password",
        ("curl", "wget"),
        (
            rf"(?i:\b(?:curl|wget)\b)[^\n|;&]{{0,300}}?[ \t](?:-u|--user|--proxy-user)[ =]?[\"']?"
            rf"([^\s:\"'<>{{}}$]{{1,64}}:{_VALUE}{{3,128}})"
        ),
    ),
    ("a password", ("--pass",), rf"--pass(?:word|phrase|wd)?[ \t]{{1,4}}[\"']?((?!-){_VALUE}{{4,128}})"),
    ("a password", ("sshpass",), rf"(?i:\bsshpass\b)[ \t]{{1,9}}-p[ \t]{{0,9}}[\"']?({_VALUE}{{3,128}})"),
    (
        "a password",
        ("machine",),
        (
            r"(?i:\bmachine[ \t]{1,9}\S{1,200}\s{1,20}login\s{1,20}\S{1,200}\s{1,20}password\s{1,20})"
            rf"({_VALUE}{{3,128}})"
        ),
    ),
    (
        "a password",
        ("~password>", "~passphrase>", '~password"', '~password\\"'),
        (
            rf"(?i:<[\w.:-]{{0,40}}(?:password|passphrase)>)({_VALUE}{{4,128}})(?=</)"
            rf"|(?i:\bkey=\\?\"[\w.:-]{{0,40}}password\\?\"[ \t]{{1,9}}value=\\?\")([^\s\"'<>{{}}$\\]{{4,128}})"
        ),
    ),
    (
        "a password",
        ("passw", "passphrase", "pwd"),
        (
            # After an equals sign, or in quotes, anything is one; after a colon words may follow: "password: changed".
            rf"(?i:{_NAMED}(?:=[\"']?|\\?[\"']?[ \t]{{0,9}}[:=][ \t]{{0,9}}\\?[\"']))(?![*xX.]{{3}}){_VALUE}{{6,128}}"
            rf"|(?i:{_NAMED}{_IS})(?={_VALUE}{{0,127}}[0-9]){_VALUE}{{6,128}}"
        ),
    ),
    (
        "a secret",
        ("secret", "token", "api_key", "api-key", "apikey", "access_key", "access-key", "accesskey"),
        (
            rf"(?i:(?:secret|token|(?:api|access|secret)[_-]?key){_IS}[\"']?)"
            # Not the place of a secret (`prod/db-2`), nor the id of a record.
            rf"(?![a-z]{{1,60}}(?:[./_-][a-z]{{1,60}}){{0,20}}[./_-][a-z]{{0,60}}[0-9]{{0,4}}(?!{_VALUE})|[A-Z]{{3}}-[0-9]{{8}}-[0-9A-Z]{{5}})"
            rf"(?={_VALUE}{{0,127}}[0-9]){_VALUE}{{8,128}}"
        ),
    ),
    (
        "a secret",
        tuple(_VENDORS.split("|")),
        (
            rf"(?i:(?:{_VENDORS})[\w .-]{{0,20}}?(?:key|token|secret|auth|api|pass|cred)[a-z]{{0,10}}"
            rf"{_IS}[\"']?)"
            r"(?=[A-Za-z_+-]{0,60}[0-9])(?=[0-9_+-]{0,60}[A-Za-z])[A-Za-z0-9_=+-]{16,150}(?![A-Za-z0-9./])"
        ),
    ),
    (
        "a private key",
        ("privatekey", "presharedkey"),
        r"(?i:\b(?:Private|Preshared)Key[ \t]{0,9}=[ \t]{0,9})([A-Za-z0-9+/]{42,43}={1,2})",
    ),
    (
        "a Kubernetes secret",
        ("data:", "stringdata:"),
        rf"(?:stringD|d)ata:{_ENTRIES}(?=[\s\S]{{0,1500}}?\bkind:[ \t]{{0,9}}[\"']?Secret\b)",
    ),
    (
        "a Kubernetes secret",
        ("kind:",),
        rf"kind:[ \t]{{0,9}}[\"']?Secret\b[\s\S]{{0,1500}}?\n[ \t>]{{0,40}}(?:stringD|d)ata:{_ENTRIES}",
    ),
    ("a private key", ('~"kty"',), r"\"(?:d|p|q|dp|dq|qi|k)\"\s{0,9}:\s{0,9}\"([A-Za-z0-9_-]{20,}+)"),
)
_HINTS = tuple(
    (hint.lstrip("~"), hint.startswith("~"), index)
    for index, (_, hints, _) in enumerate(_CREDENTIALS)
    for hint in hints
)
"""A word, whether the shape may begin before it, and the shape."""

_EMPTY = r"[A-Z_]{2,}|x{3,}|\.{3}|(?i:pass(?:word)?|secret)"
"""What documentation writes where a password goes: `postgres://USER:PASSWORD@HOST/db`."""

_FILLED = "xxxxxxxx"
"""How what stands for a token ends in documentation."""

_NESTED = 2
"""How often base64 in base64 is looked into: a configuration of Kubernetes holds keys that are encoded already."""

_MAIL = r"(?<![A-Za-z0-9])[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}"
_NUMBER = r"(?:[0-9][ .-]?){8,11}[0-9](?![\w-])"
_PHONE = (
    # It looks back after its first character and not before it: so the search leaps from one +, 0 or ( to the next.
    rf"\+(?<![\w.+-]\+)(?<![0-9]:\+)[0-9]{{1,3}}[ .-]?(?:\(0\)[ .-]?)?{_NUMBER}"
    # No date (03-11-2026 09:42) and no fraction of a second (00:00:01.000000001).
    rf"|0(?<![\w.+-]0)(?<![0-9]:0)(?![0-9][ .-][0-9]{{2}}[ .-](?:19|20)[0-9]{{2}}\b){_NUMBER}"
    r"|\(0[0-9]{2,4}\)[ -]?[0-9]{3,4}[ -]?[0-9]{3,4}(?![\w-])"
)
_COUNTED = (
    r"(?i:\b(?:build|job|run|order|release|revision|rev|case|invoice|ticket|version|pid|uid|gid|id|offset|ref|commit|"
    r"serial|asset|account|port|size|bytes|epoch|timestamp)(?: (?:id|no\.?|number))?[ \t]*[:=#]{0,2}[ \t]*#?)\Z"
)
"""What makes a run of digits a number of something, right before it."""

_NOT_MAIL = (
    r"@(?:"
    r"v?[0-9]+\.[0-9]+[A-Za-z0-9.-]*"  # a version of a package: nginx@4.11.3.tgz
    r"|(?:[A-Za-z0-9-]+\.)*(?:service|socket|timer|target|mount|automount|swap|path|slice|scope|device)"  # systemd
    r"|[A-Za-z0-9-]+\.svc(?:\.[A-Za-z0-9-]+\.local)?"  # Kubernetes
    r"|(?:[A-Za-z0-9-]+\.)+(?:png|jpe?g|gif|svg|webp|tgz|gz|jar|whl|rpm|deb|ya?ml|json|txt|log|conf|cfg|ini)"  # files
    r")\Z"
)
_ELSEWHERE = (
    r"(?:://|\b(?:ssh|ssh-copy-id|scp|sftp|sshfs|mosh|rsync|rsh)"
    r"(?:[ \t]+-[\w-]+(?:[= \t]+[^\s@-]\S{0,80})?){0,8}[ \t]+)\Z"
)
"""What stands before a login on another machine: `ssh -i key root@db.corp.internal`, `postgresql://app@db.corp`."""
_COPIED = r"\b(?:scp|rsync)\b[^|;&\n]{0,200}\Z"
_PLACE = r":(?:[/~.]|[0-9]{1,5}\b|[\w.-]{1,80}/)"
"""What follows the host in a place on another machine: `backup@nas.local:/v`."""

MAIL, PHONE = "a mail address", "a phone number"
PERSONAL = frozenset({MAIL, PHONE})
"""What may be kept where it is public or shared; a credential never may."""

_PASSES = 10
"""How often a text is searched while it is masked: what a leak was glued to may be one by itself. What is left after
that is found by the check."""

_CONTACT = f"(?P<mail>{_MAIL})|(?P<phone>{_PHONE})"
_PHONE_ALONE = f"(?P<phone>{_PHONE})"
_NO_ONE = r"(?:^|[@.])(?:example\.(?:com|org|net)|[A-Za-z0-9-]+\.(?:example|invalid|test|localhost))$|^git@|noreply"


class Leak(NamedTuple):
    """One thing that must not be there: where (character offsets), and what it looks like."""

    start: int
    end: int
    what: str


def credentials(text: str, *, depth: int = 0) -> Iterator[Leak]:
    """Everything in `text` that is a private key or has the shape of a credential; none is found inside another."""
    words = _folded(text)
    found = [Leak(start, end, "a private key") for start, end in private_keys(text, words)]
    found += (Leak(start, end, what) for start, end, what in _shaped(text, words))
    found += _hidden(text, depth) if depth < _NESTED else ()
    end = 0
    for leak in sorted(found, key=lambda leak: (leak.start, -leak.end)):
        if leak.start >= end:
            yield leak
            end = leak.end


def _shaped(text: str, words: str) -> Iterator[tuple[int, int, str]]:
    """What has the shape of a credential."""
    for hint, inside, index in [row for row in _HINTS if row[0] in words]:
        what, shape = _CREDENTIALS[index][0], _compiled(index)
        for match in shape.finditer(text) if inside else _from(hint, shape, text, words):
            start, end = match.span(match.lastindex or 0)
            value = text[start:end]
            empty = re.fullmatch(_EMPTY, value.rpartition(":")[2]) if what == "a password in an address" else None
            if empty is None and not value.lower().endswith(_FILLED):
                yield start, end, what


def _from(hint: str, shape: re.Pattern[str], text: str, words: str) -> Iterator[re.Match[str]]:
    """Matches that begin with the hint: nothing else of the text is looked at."""
    at = words.find(hint)
    while at >= 0:
        match = shape.match(text, at)
        if match is not None:
            yield match
        at = words.find(hint, match.end() if match is not None else at + 1)


def _hidden(text: str, depth: int) -> Iterator[Leak]:
    """Keys in base64, and texts in base64 with a credential in them; what is no text has none."""
    for start, end, data in encoded(text):
        if is_key(data):
            yield Leak(start, end, "a private key")
            continue
        try:
            inside = next(credentials(data.decode(), depth=depth + 1), None)
        except UnicodeDecodeError:
            continue
        if inside is not None:
            yield Leak(start, end, inside.what)


@cache
def _compiled(index: int) -> re.Pattern[str]:
    return re.compile(_CREDENTIALS[index][2])


def _folded(text: str) -> str:
    """In lower case and ASCII, every letter where it was; what regular expressions take for another letter is that."""
    if not text.isascii():
        for other, letter in _OTHERS:
            text = text.replace(other, letter)
        text = text.encode("ascii", "replace").decode()
    return text.lower()


_OTHERS = (("\u0130", "i"), ("\u0131", "i"), ("\u017f", "s"), ("\u212a", "k"))


def contacts(text: str, shared: Iterable[str] = ()) -> Iterator[Leak]:
    """Mail addresses and phone numbers in `text`, but for `shared` mailboxes and unreachable addresses.

    What stands around it decides: a unit of systemd, a package with its version, a place on another machine and the
    number of an order are not somebody's.
    """
    known = {address.lower() for address in shared}
    for match in re.finditer(_CONTACT if "@" in text else _PHONE_ALONE, text):
        before = text[max(0, match.start() - 240) : match.start()]
        if match["phone"] is not None:
            if not (match["phone"].isdigit() and re.search(_COUNTED, before[-40:])):
                yield Leak(match.start(), match.end(), PHONE)
        elif match["mail"].lower() not in known and not _nobodys(
            match["mail"], before, text[match.end() : match.end() + 90]
        ):
            yield Leak(match.start(), match.end(), MAIL)


def _nobodys(address: str, before: str, after: str) -> bool:
    """Whether what looks like a mail address is none, or nobody's."""
    if re.search(_NO_ONE, address) or re.search(_NOT_MAIL, address) or re.search(_ELSEWHERE, before):
        return True
    return bool(re.match(_PLACE, after) or (re.match(r":\w", after) and re.search(_COPIED, before)))


def mask(text: str, shared: Iterable[str] = (), *, keep: bool = False) -> tuple[str, list[str]]:
    """`text` with every leak replaced by what it was, and the list of what was replaced.

    Args:
        keep: somebody says why contact details are kept; credentials never are.
    """
    known = tuple(shared)
    seen: list[str] = []
    for _ in range(_PASSES):
        personal = () if keep else contacts(text, known)
        leaks = sorted([*credentials(text), *personal], key=lambda leak: (leak.start, -leak.end))
        if not leaks:
            break
        out: list[str] = []
        end = 0
        for leak in leaks:
            if leak.end > end:
                # One may begin inside another and reach beyond it: a key, and a mail address right behind it.
                out += [text[end : max(leak.start, end)], f"[{leak.what} was removed]"]
                seen.append(leak.what)
                end = leak.end
        text = "".join([*out, text[end:]])
    return text, seen
