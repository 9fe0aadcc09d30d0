"""Messages as a page that resembles Slack, to be looked at: `python -m tests.support.slack_page FOLDER`.

Writes `slack.html` and pictures of it on a phone and on a desktop, light and dark, for one incident from its declaration
to its end, a drill, one that is not yet on record, and a security incident.
"""

from __future__ import annotations

import html
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from opsbook.adapters.machine.directory import DirectoryTree
from opsbook.core.announcement import Announcement, medium_of
from opsbook.core.book import Book
from opsbook.core.ids import Ids
from opsbook.core.tree import Overlay
from opsbook.kinds import registry
from tests.slack_server import Channel, Message, SlackServer, slack_server
from tests.slack_server.reading import Piece, mrkdwn, pieces
from tests.support.requests import ask
from tests.support.samples import NOW
from tests.support.site import SCHEMES, SCREENS, chromium, served, visit
from tests.support.slack import slack_sink

ROOT = Path(__file__).parents[2]

STYLE = """
:root { color-scheme: light dark; --ink: #1d1c1d; --paper: #fff; --faint: #616061; --line: #ddd; --link: #1264a3; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #d1d2d3; --paper: #1a1d21; --faint: #ababad; --line: #35373b; --link: #1d9bd1; }
}
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.46668 Lato, "DejaVu Sans", sans-serif; }
h2 { font-size: 15px; padding: 10px 16px; margin: 0; border-bottom: 1px solid var(--line); }
.message { display: flex; gap: 8px; padding: 8px 16px; }
.reply { margin-left: 40px; border-left: 2px solid var(--line); }
.face { flex: none; width: 36px; height: 36px; border-radius: 4px; background: #4a154b; color: #fff;
  text-align: center; line-height: 36px; font-weight: 900; }
.words { min-width: 0; overflow-wrap: anywhere; max-width: 600px; }
.who b { font-weight: 900; } .who span, .context { color: var(--faint); font-size: 12px; }
.header { font-size: 18px; font-weight: 900; line-height: 1.33; margin: 4px 0; }
.section { margin: 4px 0; white-space: pre-wrap; }
.fields { display: grid; grid-template-columns: 1fr 1fr; gap: 4px 12px; margin: 4px 0; white-space: pre-wrap; }
.context { margin: 6px 0; } hr { border: 0; border-top: 1px solid var(--line); margin: 10px 0; }
a { color: var(--link); text-decoration: none; } .ping { background: #f2c74433; color: var(--link); }
.banner { font-size: 12px; color: var(--faint); }
"""


def page(slack: SlackServer) -> str:
    """Every channel with its messages, threads unfolded below their first message."""
    body = "".join(_channel(channel) for channel in slack.workspace.channels.values() if channel.messages)
    return (
        f"<!DOCTYPE html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>Slack</title><style>{STYLE}</style>{body}</html>"
    )


def _channel(channel: Channel) -> str:
    tops = [message for message in channel.messages if message.thread_ts is None]
    said = "".join(_message(m) for top in tops for m in channel.thread(top.ts))
    return f"<section><h2>#{html.escape(channel.name)}</h2>{said}</section>"


def _message(message: Message) -> str:
    reply = " reply" if message.thread_ts else ""
    broadcast = (
        "<div class=banner>↩ replied in the thread, and also sent to the channel</div>" if message.broadcast else ""
    )
    blocks = "".join(map(_block, message.blocks)) or f"<div class=section>{_pieces(mrkdwn(message.text))}</div>"
    return (
        f"<div class='message{reply}'><div class=face>O</div><div class=words>{broadcast}"
        f"<div class=who><b>Opsbook</b> <span>APP 10:05</span></div>{blocks}</div></div>"
    )


def _block(block: dict[str, object]) -> str:
    if block["type"] == "divider":
        return "<hr>"
    if "fields" in block:
        assert isinstance(block["fields"], list)
        return f"<div class=fields>{''.join(f'<div>{_pieces(pieces(field))}</div>' for field in block['fields'])}</div>"
    if block["type"] == "context":
        assert isinstance(block["elements"], list)
        return f"<div class=context>{' '.join(_pieces(pieces(item)) for item in block['elements'])}</div>"
    assert isinstance(block["text"], dict)
    return f"<div class={block['type']}>{_pieces(pieces(block['text']))}</div>"


def _pieces(found: list[Piece]) -> str:
    return "".join(map(_piece, found))


def _piece(piece: Piece) -> str:
    words = html.escape(piece.text)
    if piece.kind == "link":
        return f"<a href='{html.escape(piece.address)}'>{words}</a>"
    if piece.kind in ("ping", "reference"):
        return f"<span class=ping>{words}</span>"
    tags = {"bold": "b", "italic": "i", "strike": "s", "code": "code", "quote": "blockquote"}
    return f"<{tags[piece.style]}>{words}</{tags[piece.style]}>" if piece.style else words


def story() -> Iterator[Announcement]:
    """What this repository's own book says about one incident after another."""
    tree = DirectoryTree(ROOT)
    config = (tree.read("opsbook.yml") or b"").replace(b"\nsite:\n", b"\nsite:\n  url: https://ops.example/\n")
    book = Book(Overlay(tree, {"opsbook.yml": config}), registry())
    yield from _incident(
        book,
        {
            "title": "Support tickets cannot be opened",
            "severity": "P1",
            "services": ["support-ticket-system", "jira"],
            "lead": "oncall-a",
            "summary": "New requests are refused with an error.",
        },
        {"comms": "support-a"},
        {"status": "identified", "text": "An expired token"},
        {"tell": "We have found the cause and are renewing a token.\nWe will post the next update by 11:30 GMT."},
        {"severity": "P2"},
        {"status": "resolved", "text": "Agreed by the delivery manager"},
    )
    yield from _incident(
        book,
        {
            "title": "No tenant can deploy",
            "severity": "P1",
            "services": ["jenkins", "github"],
            "lead": "oncall-b",
            "summary": "Every release stops at the same step.",
        },
    )
    yield from _incident(
        book,
        {"title": "Loss of a region", "severity": "P2", "services": ["azure"], "drill": True},
        {"lead": "oncall-b"},
    )
    said = list(
        _incident(
            book, {"title": "Jenkins does not start jobs & <builds> queue", "severity": "P3", "services": ["jenkins"]}
        )
    )
    yield from (replace(item, unrecorded=True) for item in said)
    yield from _incident(book, {"security": True})


def _incident(book: Book, declared: dict[str, object], *updates: dict[str, object]) -> Iterator[Announcement]:
    kind, record = registry()["incident"], None
    for number, values in enumerate((declared, *updates)):
        verb = "update" if number else "declare"
        seed = sha256(repr((number, values)).encode()).digest()
        request = ask(f"incident.{verb}", "oncall-a", values, record)
        plan = kind.actions[type(request)](book, request, NOW, Ids(seed), f"{number:020d}")
        after = Book(Overlay(book.tree, plan.files), registry())
        record = plan.record
        yield from kind.announce(book.resolve("incident", record), after.resolve("incident", record), after)
        book = after


def tell(folder: Path) -> None:
    """Tell the story through the sink, and write what Slack got as a page."""
    config = Book(DirectoryTree(ROOT), registry()).config.core
    with slack_server(*(channel.name.removeprefix("#") for channel in config.channels), now=lambda: NOW) as slack:
        sink = slack_sink(slack, {channel.id: channel.name for channel in config.channels}.get)
        for item in story():
            if medium_of(item.audience) != sink.medium:
                continue
            done = sink.send(item, item.key(sink.name))
            assert (done.outcome, done.error) == ("done", ""), done
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "slack.html").write_text(page(slack), encoding="utf-8")


def main(folder: Path) -> None:
    """Write the page and take the pictures."""
    tell(folder)
    with served(folder) as address, chromium() as browser:
        for screen, size in SCREENS.items():
            for scheme in SCHEMES:
                with visit(browser, f"{address}slack.html", screen=size, scheme=scheme) as seen:
                    seen.page.screenshot(path=folder / f"slack-{screen}-{scheme}.png", full_page=True)
                    if (screen, scheme) == ("phone", "light"):  # as in docs/images/slack.png
                        seen.page.locator(".message:not(.reply)").nth(1).screenshot(path=folder / "slack.png")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp()))
