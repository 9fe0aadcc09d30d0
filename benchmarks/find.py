"""`python -m benchmarks.find QUESTIONS FOLDER…`: what `opsbook find` answers to questions about real collections.

QUESTIONS is a file like `benchmarks/find_questions.yml`; each folder is a checkout of a collection, called as there. A
page of a collection is a page of a book. Printed are how many right pages came first, among the first three, and how
many questions that no page answers got an answer all the same, with those that went wrong by name.
"""

from __future__ import annotations

import re
import sys
import time
from collections import Counter
from functools import partial
from pathlib import Path
from statistics import median

import yaml

from opsbook.core.entry import Entry, passages
from opsbook.core.markdown import parse
from opsbook.core.tree import MemoryTree
from opsbook.find.answer import answers
from opsbook.find.index import Source, with_index

PAGE = re.compile(r"\.(?:html\.)?md(?:\.erb)?$")


def main(words: list[str]) -> int:
    """Print the table; 1 when a goal is missed."""
    questions = yaml.safe_load(Path(words[0]).read_text("utf-8"))
    files = {
        f"{folder.name}/{path.relative_to(folder).as_posix()}": path.read_bytes()
        for folder in map(Path, words[1:])
        for path in sorted(folder.rglob("*"))
        if path.is_file() and PAGE.search(path.name)
    }
    sources = [Source(path, "", (path,), partial(_entry, path, data)) for path, data in files.items()]
    return with_index(None, lambda: sources, MemoryTree(files), partial(_asked, questions, len(files)))


def _entry(path: str, data: bytes) -> Entry:
    text = parse(data)
    front = text.front.value if text.front is not None and isinstance(text.front.value, dict) else {}
    first = next((heading.text for heading in text.headings if heading.level == 1), "")
    title = str(front.get("title") or first or PAGE.sub("", path.rpartition("/")[2]))
    return Entry(path, title, passages(text, title), (), PAGE.sub("", path).replace("/", " "))


def _asked(questions: dict[str, list[dict[str, object]]], pages: int, index: object) -> int:
    took: list[float] = []

    def found(asked: object) -> list[str]:
        began = time.perf_counter()
        paths = [answer.source for answer in answers(index, str(asked))]  # type: ignore[arg-type]
        took.append(time.perf_counter() - began)
        return paths

    places: Counter[str] = Counter()
    by: dict[str, Counter[str]] = {}
    for question in questions["answered"]:
        paths, right = found(question["asked"]), list(question["pages"])  # type: ignore[call-overload]
        place = next((number for number, path in enumerate(paths, 1) if path in right), 0)
        sort = "first" if place == 1 else "among three" if 0 < place <= 3 else "later" if place else "missed"
        places[sort] += 1
        by.setdefault(str(question["how"]), Counter())[sort] += 1
        if sort in ("later", "missed"):
            print(f"  {sort}: {str(question['asked'])[:70]!r}: {right[0]}, and not {(paths or ['nothing'])[0]}")
    wrong = [question["asked"] for question in questions["unanswered"] if found(question["asked"])]
    for asked in wrong:
        print(f"  answered, and no page does: {asked!r}")
    count, others = len(questions["answered"]), len(questions["unanswered"])
    first, three = places["first"], places["first"] + places["among three"]
    right = f"{first} first ({first / count:.0%}), {three} in three ({three / count:.0%})"
    print(f"{pages:,} pages, {count} questions: {right}")
    for how, some in sorted(by.items()):
        print(f"  {how}: " + ", ".join(f"{number} {sort}" for sort, number in some.most_common()))
    print(f"{others} questions that no page answers: {len(wrong)} answered")
    print(f"a question takes {median(took) * 1000:.1f} ms, the slowest {max(took) * 1000:.0f} ms")
    return 0 if first >= 0.7 * count and three >= 0.9 * count and len(wrong) * 20 <= others else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
