"""A declaration's pull request as a page that resembles GitHub: `python -m tests.support.pull_page FOLDER`.

The real forge publishes to the test server; what the server holds then (title, body, labels, comment) is rendered by a
Markdown parser that shares no code with the program. Writes `pull.html` and pictures of it.
"""

from __future__ import annotations

import html
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from markdown_it import MarkdownIt

from opsbook.adapters.machine.directory import DirectoryTree
from opsbook.perform import performing
from tests.github_server.server import GitHubServer
from tests.support.clock import Clock
from tests.support.desk import environment
from tests.support.github import office
from tests.support.requests import ask
from tests.support.samples import NOW
from tests.support.site import SCHEMES, SCREENS, chromium, served, visit
from tests.support.wired import Chat

ROOT = Path(__file__).parents[2]

STYLE = """
:root { color-scheme: light dark; --ink: #1f2328; --paper: #fff; --faint: #59636e; --line: #d1d9e0; --link: #0969da;
  --soft: #f6f8fa; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #f0f6fc; --paper: #0d1117; --faint: #9198a1; --line: #3d444d; --link: #4493f8; --soft: #151b23; }
}
body { margin: 0 auto; padding: 24px 16px; max-width: 900px; background: var(--paper); color: var(--ink);
  font: 14px/1.5 "Noto Sans", "DejaVu Sans", sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 26px; font-weight: 400; margin: 0 0 8px; } h1 span { color: var(--faint); font-weight: 300; }
.state { display: inline-block; background: #1f883d; color: #fff; border-radius: 2em; padding: 4px 12px; margin-right: 8px; }
.meta { color: var(--faint); margin-bottom: 16px; }
.label { border: 1px solid var(--line); border-radius: 2em; padding: 0 8px; font-size: 12px; margin-right: 4px; }
.box { border: 1px solid var(--line); border-radius: 6px; margin: 16px 0; }
.box > header { background: var(--soft); border-bottom: 1px solid var(--line); padding: 8px 16px; color: var(--faint); }
.box > div { padding: 16px; } .box > div > :first-child { margin-top: 0; } .box > div > :last-child { margin-bottom: 0; }
table { display: block; overflow: auto; overflow-wrap: normal; border-collapse: collapse; margin-bottom: 16px; } td, th { border: 1px solid var(--line); padding: 6px 13px; }
a { color: var(--link); } hr { border: 0; border-top: 4px solid var(--line); margin: 24px 0; }
blockquote { margin: 0; padding: 0 1em; color: var(--faint); border-left: 4px solid var(--line); }
"""


def page(server: GitHubServer) -> str:
    """The first pull request of a server."""
    markdown = MarkdownIt("gfm-like", {"html": True, "linkify": False})
    with server.locked() as hub:
        pull = next(issue for issue in hub.issues.values() if issue.head)
        comments = [item.body for item in hub.comments.values() if item.issue == pull.number]
        labels = "".join(f"<span class=label>{html.escape(name)}</span>" for name in pull.labels)
        boxes = "".join(
            f"<div class=box><header><b>opsbook</b> {verb}</header><div>{markdown.render(body)}</div></div>"
            for verb, body in [("wants this merged", pull.body or ""), *(("commented", body) for body in comments)]
        )
        title, number, head = html.escape(pull.title), pull.number, html.escape(pull.head)
    return (
        "<!DOCTYPE html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>Pull request</title><style>{STYLE}</style><h1>{title} <span>#{number}</span></h1>"
        f"<div class=meta><span class=state>Open</span><code>{head}</code> into <code>main</code></div>{labels}{boxes}</html>"
    )


def declare(folder: Path) -> None:
    """Declare an incident in this repository's own book on a GitHub of our own, and write what it shows."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        bare = Path(scratch, "book.git")
        subprocess.run(["git", "clone", "--quiet", "--bare", str(ROOT), str(bare)], check=True, env=environment())
        subprocess.run(["git", "-C", str(bare), "update-ref", "refs/heads/main", "HEAD"], check=True, env=environment())
        server = GitHubServer(bare, lambda: NOW)
        try:
            at = office(server, Path(scratch, "state"), Chat("slack"), Clock(NOW))
            values = {
                "title": "Support tickets cannot be opened",
                "severity": "P1",
                "services": ["support-ticket-system", "jira"],
                "lead": "oncall-a",
                "summary": "New requests are refused with an error.\nIt began after the last release.",
            }
            context = replace(at.context, offline=lambda: DirectoryTree(ROOT))
            with performing(ask("incident.declare", "oncall-a", values), context) as outcome:
                assert outcome.exit_code == 0, outcome
            (folder / "pull.html").write_text(page(server), encoding="utf-8")
        finally:
            server.close()
        assert server.refused == []


def main(folder: Path) -> None:
    """Write the page and take the pictures."""
    declare(folder)
    with served(folder) as address, chromium() as browser:
        for screen, size in SCREENS.items():
            for scheme in SCHEMES:
                with visit(browser, f"{address}pull.html", screen=size, scheme=scheme) as seen:
                    seen.page.screenshot(path=folder / f"pull-{screen}-{scheme}.png", full_page=True)
                    if (screen, scheme) == ("phone", "light"):  # as in docs/images/pull-request.png
                        seen.page.locator(".box").first.screenshot(path=folder / "pull-request.png")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp()))
