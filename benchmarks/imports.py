"""`python -m benchmarks.imports FOLDER…`: collections imported into one fresh book, checked, built, imported again.

Each folder is a checkout of a repository of runbooks or documentation; none is part of this one. What must hold is
looked for in the files that come of it, by rules that the program does not share.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from opsbook.core import yaml

OWNER = "platform-team"
PAGE = re.compile(r"(.+?)(?:\.html)?\.(?:md|mdx)(?:\.erb)?")
SHOWN = 5
"""How many losses of a sort are named."""


def main(folders: list[str]) -> int:
    """Print a line for each collection; 1 when something that must hold does not."""
    bad = 0
    with tempfile.TemporaryDirectory(prefix="opsbook-imports-") as scratch:
        book = Path(scratch) / "book"
        opsbook(Path(scratch), "new", "book", str(book), "--title", "Imported", "--timezone", "Etc/UTC", "--yes")
        listed: dict[str, dict[str, list[str]]] = {}
        for folder in map(Path, folders):
            begin = time.monotonic()
            words = ("import", "runbooks", str(folder.resolve()), "--owner", OWNER, "--yes", "--format", "json")
            out = json.loads(opsbook(book, *words))
            listed[folder.name] = {**out["listed"], "debts": [item["code"] for item in out["debts"]]}
            print(f"{folder.name}: imported in {time.monotonic() - begin:.1f} s", file=sys.stderr)
        checked = json.loads(opsbook(book, "check", "--format", "json"))
        errors = [item for item in checked["findings"] if item["severity"] == "error"]
        begin = time.monotonic()
        opsbook(book, "site", "build", "--output", str(book / "build/site"))
        seconds = time.monotonic() - begin
        print(f"check: {checked['checked']:,} records, {len(errors)} errors; site built in {seconds:.1f} s")
        bad += len(errors)
        for folder in map(Path, folders):
            again = json.loads(opsbook(book, "import", "runbooks", str(folder.resolve()), "--yes", "--format", "json"))
            bad += _judged(folder, book, listed[folder.name], len(again["files"]))
    return 1 if bad else 0


def opsbook(folder: Path, *words: str) -> str:
    """What a command prints; it must succeed."""
    done = subprocess.run(
        [sys.executable, "-m", "opsbook", "-C", str(folder), *words],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        sys.exit(f"{' '.join(words)}: exit {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def _judged(folder: Path, book: Path, listed: dict[str, list[str]], again: int) -> int:
    """The figures of one collection; how much of it does not hold."""
    name = re.sub(r"[^a-z0-9]+", "-", folder.name.lower()).strip("-")
    memory = yaml.load((book / f"operations/redirects/{name}.yaml").read_bytes(), limit=1 << 20).value
    to = {entry["source"]: entry["to"] for entry in memory["pages"]}
    sources = [
        path
        for path in (item.relative_to(folder).as_posix() for item in sorted(folder.rglob("*")) if item.is_file())
        if PAGE.fullmatch(path) and not path.startswith(".") and "/." not in path
    ]
    left = {line.partition(":")[0] for line in listed.get("Not imported", [])}
    site = book / "build/site"
    hidden = [path for path in sources if path not in left and not _page(site, to.get(path, "")).is_file()]
    lost = [
        address
        for path in sources
        if path not in left
        for address in _addresses(path, folder)
        if not _there(site, address)
    ]
    words = [path for path in sources if path in to and _words(folder / path) - _words(book / to[path])]
    figures = {
        "pages": len(sources),
        "not imported": sum(path in left for path in sources),
        "not shown": len(hidden),
        "addresses lost": len(lost),
        "pages that lost words": len(words),
        "not translated": sum(len(lines) for heading, lines in listed.items() if heading.startswith("Not translated")),
        "files of a second run": again,
    }
    debts = ", ".join(f"{code} {count}" for code, count in sorted(Counter(listed["debts"]).items()))
    shown = ", ".join(f"{label} {count:,}" for label, count in figures.items())
    print(f"{folder.name}: {shown}; debts: {debts or 'none'}")
    for label, items in (("not shown", hidden), ("address lost", lost), ("lost words", words)):
        for item in items[:SHOWN]:
            print(f"  {label}: {item}")
    return len(hidden) + len(lost) + len(words) + again


def _page(site: Path, path: str) -> Path:
    stem = path.removesuffix(".md")
    return site / (stem.removesuffix("index") if stem.endswith("/index") else stem) / "index.html"


def _addresses(path: str, folder: Path) -> list[str]:
    """Where a page was, as the program of its collection serves it."""
    stem = PAGE.fullmatch(path)[1]  # type: ignore[index]
    if (folder / "source").is_dir():
        found = [stem.removeprefix("source/")] if stem.startswith("source/") else []
    elif (folder / "content").is_dir():
        found = [stem.removeprefix("content/").lower()] if stem.startswith("content/") else []
    else:
        found = [stem]
    return [re.sub(r"(^|/)_?(?:index|readme)$", "", item, flags=re.IGNORECASE) for item in found]


def _there(site: Path, address: str) -> bool:
    return not address or (site / address / "index.html").is_file() or (site / address).is_file()


def _words(path: Path) -> set[str]:
    """The words of a page without those of front matter, addresses and what is translated."""
    text = path.read_bytes().decode("utf-8", "replace").replace("\r", "")
    text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)
    text = re.sub(r"\]\((?:[^()]|\([^()]*\))*\)|\]: *\S+|(?:src|href)=\S+", " ", text)
    text = re.sub(r"<%.*?%>|\{\{[<%].*?[>%]\}\}", " ", text, flags=re.DOTALL)
    return set(re.findall(r"[a-z]{4,}", text.lower()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
