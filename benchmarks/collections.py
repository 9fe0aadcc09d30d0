"""`python -m benchmarks.collections FOLDER…`: what the check and the site make of real collections of pages.

Each folder is a checkout of a repository of runbooks or documentation; none is part of this one. A page is read, judged
and printed as a page of `docs/` is, and compared with what GitHub's own program makes of it.
"""

from __future__ import annotations

import re
import sys
import time
from collections import Counter
from pathlib import Path

from opsbook.core.book import Book
from opsbook.core.page_rules import PAGE_RULES, PageRule
from opsbook.core.pages import Pages, read
from opsbook.core.tree import MemoryTree
from opsbook.kinds import registry
from opsbook.site.prose import written
from tests.core.github_html import github, ours, said

SHOWN = 5
"""How many pages that differ are named."""


def main(folders: list[str]) -> int:
    """Print one table for all folders; 1 when a page could not be printed, or lost words."""
    bad = 0
    for folder in folders:
        bad += _collection(Path(folder))
    return 1 if bad else 0


def _collection(folder: Path) -> int:
    files = {
        f"docs/{path.relative_to(folder).as_posix().replace(' ', '-')}": path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git" not in path.parts
    }
    book = Book(MemoryTree(files), registry())
    places = Pages(book)
    counts: Counter[str] = Counter()
    differ: list[str] = []
    lost: list[str] = []
    begin = time.process_time()
    for path, data in files.items():
        if not path.endswith(".md"):
            continue
        counts["pages"] += 1
        text = read(data)
        for rule in PAGE_RULES:
            if issubclass(rule, PageRule):
                found = len(list(rule().page(path, text, book)))
                counts[f"pages with {rule.__name__}"] += bool(found)
        made = written(text, lambda target, path=path, text=text: places.lead(path, target, text), "")
        counts["headings"] += len(made.headings)
        if ours(text.body) != github(text.body):
            differ.append(path)
        if _words(github(text.body)) - _words(said(made.html)):
            lost.append(path)
    counts["differ from GitHub"], counts["lost words"] = len(differ), len(lost)
    seconds = time.process_time() - begin
    print(f"{folder.name}: " + ", ".join(f"{name} {count:,}" for name, count in counts.items()) + f", {seconds:.1f} s")
    for name, paths in (("differs", differ), ("lost words", lost)):
        for path in paths[:SHOWN]:
            print(f"  {name}: {path}")
    return len(lost)


def _words(what: list[object]) -> Counter[str]:
    """The words that a reader sees, each once."""
    text = " ".join(item for item in what if isinstance(item, str))
    return Counter(set(re.findall(r"[a-z]{4,}", re.sub(r"<[^>]*>", " ", text).lower())))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
