"""Announcements for tests: a plain incident, and a strategy that fills every field with anything."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from opsbook.core.announcement import Announcement, Standing, Tone
from tests.support.hostile import texts

RECORD = "INC-20261121-7KQ4M"
STATE = (("Incident", RECORD), ("Severity", "P1 Critical"), ("Status", "investigating"), ("Lead", "On-call engineer A"))
STEPS = ("Look at the dashboards.", "Name a lead.", "Tell the tenants.")

DECLARED = Announcement(
    record=RECORD,
    name="declared",
    fact="declared",
    audience="incident",
    headline="P1 incident: Checkout is down",
    facts=STATE,
    steps=STEPS,
    links=(("Incident page", "https://ops.example/incidents/2026/x/"),),
    footer="Who can read #incident: Everybody.",
    standing=Standing("P1: Checkout is down", "alarm", STEPS, revision=1),
    opens=True,
)
IDENTIFIED = replace(
    DECLARED,
    name="status",
    fact="20261121T102000Z-3fk2q.yaml",
    headline="Identified: Checkout is down",
    facts=(*STATE[:2], ("Status", "identified"), STATE[3]),
    steps=(),
    standing=Standing("P1: Checkout is down", "alarm", STEPS, revision=2),
    opens=False,
    loud=True,
)
UPDATE = replace(
    IDENTIFIED,
    name="update",
    fact="20261121T103000Z-9ab1c.yaml",
    headline="Update on Checkout is down: We have found the cause.\nNext update by 11:30 GMT.",
    standing=Standing("P1: Checkout is down", "alarm", STEPS, revision=3),
    loud=False,
)
RESOLVED = replace(
    IDENTIFIED,
    fact="20261121T110000Z-0c2dx.yaml",
    headline="Resolved: Checkout is down",
    facts=(*STATE[:2], ("Status", "resolved"), STATE[3]),
    standing=Standing("Resolved: Checkout is down", "over", revision=4),
)
SECURITY = Announcement(
    record="INC-20261121-S3CRT",
    name="declared",
    fact="declared",
    audience="security",
    headline="A security incident was declared",
    facts=(("Incident", "INC-20261121-S3CRT"), ("First", "The security desk: Call the number on the restricted page.")),
    steps=("Do not describe it in a chat, a ticket or this book.",),
    footer="Who can read #security: The security desk.",
    opens=True,
)

_TONES: tuple[Tone, ...] = ("alarm", "warning", "notice", "over")


def words() -> st.SearchStrategy[str]:
    """Anything that somebody might type, also very long."""
    long = st.tuples(texts(), st.integers(1, 60)).map(lambda pair: (pair[0] * pair[1])[:4_000])
    return st.one_of(texts(), texts(), long)


def announcements() -> st.SearchStrategy[Announcement]:
    """Any announcement about the incident."""
    many = st.lists(words(), max_size=7).map(tuple)
    pairs = st.lists(st.tuples(words(), words()), max_size=12).map(tuple)
    standing = st.builds(Standing, words(), st.sampled_from(_TONES), many, st.integers(0, 10**9))
    return st.builds(
        Announcement,
        record=st.just(RECORD),
        name=st.just("update"),
        fact=words(),
        audience=st.just("incident"),
        headline=words(),
        facts=pairs,
        steps=many,
        links=pairs,
        footer=words(),
        drill=st.booleans(),
        unrecorded=st.booleans(),
        standing=st.none() | standing,
        opens=st.booleans(),
        loud=st.booleans(),
    )
