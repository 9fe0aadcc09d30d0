"""A task list that is a checklist looks like the table that it might have been; any other stays a list."""

from __future__ import annotations

from opsbook.core.markdown import parse
from opsbook.core.pages import Lead
from opsbook.site.prose import written

PAGE = """\
---
title: Stop the jobs
owner: platform
---
# Stop the jobs

- [ ] You have access — really

## Checklist

| Step | Action | Owner |
|---|---|---|
| 1 | Look | ops |

### At the end

* [ ] Stop *all* `jobs` -- ops (only P1, users notice)
* [ ] Say <b>so</b>
  in the channel — support
* [x] Go home
  - by train

## Other

- [ ] x — ops
"""


def html(page: str) -> str:
    return str(written(parse(page.encode()), lambda _: Lead(), "").html)


def test_tasks_are_numbered_rows_with_an_owner_and_a_condition() -> None:
    made = html(PAGE)
    assert made.count("ob-checklist") == 2
    rows = [row.partition("</tr>")[0] for row in made.split("<tr")[1:]]
    assert [row.count("</t") for row in rows] == [3, 3, 4, 4, 4, 4]
    assert '<th role="columnheader">When</th>' in rows[2]
    assert 'scope="row">2</th>' in rows[3]
    assert "Stop <em>all</em> <code>jobs</code></td>" in rows[3]
    assert 'data-label="Owner">ops</td>' in rows[3]
    assert 'data-label="When">P1, users notice</td>' in rows[3]
    assert "in the channel</td>" in rows[4]
    assert ">support</td>" in rows[4]
    assert "by train" in rows[5], "what does not belong there is shown all the same"
    assert ">platform</td>" in rows[5]
    assert made.count('type="checkbox"') == 2


def test_a_page_without_an_owner_has_lists_alone() -> None:
    made = html(PAGE.replace("owner: platform\n", ""))
    assert made.count("ob-checklist") == 1
    assert made.count('type="checkbox"') == 5
