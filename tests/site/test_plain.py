"""A program reads what people read: each page as Markdown at its address plus `.md`, and a list of all."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from opsbook.site import plain
from opsbook.site.page import ROOT, Page
from tests.support.samples import pages, prose

TEXT = """\
# Title

Words with `code`, **strong** and [a link](services/desk.md#here), and [another](https://e.example/).

## Steps

1. First

    ```sh
    run | this
    ```

2. Second
    - inner
    - [x] done

| a | b |
|---|---|
| `x \\| y` | 2 |

> [!NOTE]
> Careful.

> quoted
"""

SAME = """\
# Title

Words with `code`, **strong** and [a link](../services/desk.md#here), and [another](https://e.example/).

## Steps

1. First

```
run | this
```

2. Second
  - inner
  - [x] done

| a | b |
|---|---|
| `x \\| y` | 2 |

Note

Careful.

> quoted
"""


def test_a_page_says_the_same_as_markdown() -> None:
    assert plain.markdown(prose("guide/a.md", TEXT, "docs/guide/a.md")) == SAME


def test_what_is_no_text_has_none() -> None:
    page = Page(
        "a.md", "A", f'<p>x<progress value="1" max="2"></progress> <span>1 of 2</span></p><a href="{ROOT}">up</a>', "a"
    )
    assert plain.markdown(page) == "# A\n\nx 1 of 2\n\n[up](index.md)\n"


@pytest.mark.parametrize(
    ("path", "place"), [("index.md", "index.md"), ("a/index.md", "a.md"), ("a/b.md", "a/b.md"), ("b.md", "b.md")]
)
def test_it_lies_at_the_address_of_the_page(path: str, place: str) -> None:
    assert plain.place(path) == place


def test_every_page_is_listed_and_is_there(built: Path) -> None:
    listed = re.findall(r"^- \[.*\]\((\S+)\)", (built / "llms.txt").read_text("utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(plain.place(page.path) for page in pages())
    for name in listed:
        assert (built / name).read_text("utf-8").startswith("# "), name


def test_every_link_in_it_leads_to_a_page(built: Path) -> None:
    for path in built.rglob("*.md"):
        for target in re.findall(r"\]\(([^)#\s:]+)(?:#[^)\s]*)?\)", path.read_text("utf-8")):
            if "hostile" not in path.name:
                assert (path.parent / target).is_file(), f"{path.name}: {target}"


def test_a_command_is_copied_as_it_was_written() -> None:
    page = prose("a.md", "# A\n\n```sh\ncat <<X && echo \"a > b\" | tee 'x'\n```\n\n`a && b`\n", "a")
    assert "\ncat <<X && echo \"a > b\" | tee 'x'\n" in plain.markdown(page)
    assert "`a && b`" in plain.markdown(page)
