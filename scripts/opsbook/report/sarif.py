"""Findings as SARIF 2.1.0 (OASIS), for code scanning and for other programs that compare analyses.

A finding that a comment allows is a result with a suppression and the comment's reason, so that a reviewer sees it. Its
level is `note`: GitHub does not look at suppressions (github/codeql-action, issue 1230), and shows it as an open alert,
which must not block anybody.
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

import opsbook
from opsbook.core.code import Code
from opsbook.core.finding import Finding
from opsbook.core.text import sentence

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
RESULTS: Final = 25_000
"""Results that GitHub takes in one run; it shows the 5,000 gravest (docs: "SARIF support for code scanning")."""
BYTES: Final = 10_000_000
"""Size that GitHub takes, compressed (the same page)."""
FINGERPRINT: Final = "opsbookFinding/v1"
"""Not `primaryLocationLineHash`: GitHub's upload computes that one, and warns about each that is there already
(github/codeql-action, issue 4052)."""

_BASE: Final = "%SRCROOT%"
_RULES: Final = "reference/rules/"


def log(
    findings: Sequence[Finding],
    codes: Mapping[str, type[Code]],
    site: str | None = None,
    *,
    results: int = RESULTS,
    size: int = BYTES,
) -> dict[str, Any]:
    """The log of one check, small enough for GitHub; what had to be left out is told in a notification.

    Args:
        findings: those that count and those that are allowed, in order.
        codes: every code, by name: the rules of the log.
        site: the address of the book's site, where its page of rules is; without it rules have no address.
        results: how many results it may have.
        size: how many bytes it may have when it is compressed.
    """
    total = len(findings)
    kept = list(_results(_gravest(findings, results), codes))
    while True:
        value = _log(kept, total - len(kept), codes, site)
        text = json.dumps(value)
        if not kept or len(text) <= size or len(zlib.compress(text.encode())) <= size:
            return value
        results = len(kept) // 2
        kept = list(_results(_gravest(findings, results), codes))


def _gravest(findings: Sequence[Finding], limit: int) -> list[Finding]:
    """Of too many findings errors first, then warnings, then what is allowed; in the order of all findings."""
    if len(findings) <= limit:
        return list(findings)
    ranks = [
        (bool(finding.allowed or finding.known), finding.severity != "error", place)
        for place, finding in enumerate(findings)
    ]
    return [findings[place] for place in sorted(place for *_, place in sorted(ranks)[:limit])]


def _log(
    results: Sequence[dict[str, Any]], left_out: int, codes: Mapping[str, type[Code]], site: str | None
) -> dict[str, Any]:
    driver: dict[str, Any] = {"name": "Opsbook", "version": opsbook.__version__}
    if site is not None:
        driver["informationUri"] = site
    driver["rules"] = [_rule(name, code, site) for name, code in codes.items()]
    invocation: dict[str, Any] = {"executionSuccessful": True}
    if left_out:
        total = left_out + len(results)
        text = f"{left_out} of {total} findings are left out, because GitHub takes no more in one file"
        invocation["toolExecutionNotifications"] = [{"level": "warning", "message": {"text": text}}]
    run = {
        "tool": {"driver": driver},
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_BASE: {"description": {"text": "The root of the book."}}},
        "results": results,
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(name: str, code: type[Code], site: str | None) -> dict[str, Any]:
    remedy = code.remedy().replace("\n", "\n\n")
    rule = {
        "id": name,
        "name": "".join(word[:1].upper() + word[1:] for word in re.findall(r"[A-Za-z0-9]+", code.title())),
        "shortDescription": {"text": _plain(f"{code.title()}.")},
        "help": {"text": _plain(remedy), "markdown": _braced(remedy)},
        "defaultConfiguration": {"level": code.severity},
    }
    return rule if site is None else {**rule, "helpUri": f"{site.rstrip('/')}/{_RULES}#{name.lower()}"}


def _results(findings: Iterable[Finding], codes: Mapping[str, type[Code]]) -> Iterable[dict[str, Any]]:
    places = {name: place for place, name in enumerate(codes)}
    seen: Counter[str] = Counter()
    for finding in findings:
        # Where it stands is no part of this, so that a line that moves stays the same finding.
        words = "\0".join((finding.code, finding.path, finding.message)).encode("utf-8", "surrogatepass")
        digest = hashlib.sha256(words).hexdigest()[:32]
        seen[digest] += 1
        because = f" Allowed here because {finding.allowed}" if finding.allowed else ""
        result = {
            "ruleId": finding.code,
            "ruleIndex": places[finding.code],
            "level": "note" if finding.allowed or finding.known else finding.severity,
            "message": {"text": _plain(sentence(finding.message + ("." if because else "") + because))},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": _address(finding.path), "uriBaseId": _BASE},
                        "region": {"startLine": finding.line, "startColumn": finding.column},
                    }
                }
            ],
            "partialFingerprints": {FINGERPRINT: f"{digest}:{seen[digest]}"},
        }
        if finding.allowed or finding.known:
            why = finding.allowed or f"It was imported, and {finding.known} owes its repair"
            kind = "inSource" if finding.allowed else "external"
            result["suppressions"] = [{"kind": kind, "justification": sentence(why)}]
        yield result


def _plain(text: str) -> str:
    """Text in which a viewer finds no link (SARIF 2.1.0, 3.11.6) and no placeholder."""
    return _braced(text.replace("](", "] ("))


def _braced(text: str) -> str:
    """Braces are doubled, because single ones hold placeholders (SARIF 2.1.0, 3.11.5)."""
    return text.replace("{", "{{").replace("}", "}}")


def _address(path: str) -> str:
    """A path of the book as a relative address; bytes that are no UTF-8 are encoded as they are."""
    return quote(path.encode("utf-8", "surrogateescape"))
