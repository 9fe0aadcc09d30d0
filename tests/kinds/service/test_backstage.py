"""Services that Backstage knows become files of the catalogue; what does not fit is listed."""

from __future__ import annotations

from argparse import Namespace

import pytest

from opsbook.core.book import Book
from opsbook.core.check import check_records
from opsbook.core.command import Brought
from opsbook.core.errors import Refused
from opsbook.core.tree import MemoryTree, Overlay
from opsbook.core.types import parse_time
from opsbook.kinds import registry
from opsbook.kinds.service.backstage import plan
from tests.cases.cases import NOW, base

BOOK = Book(MemoryTree(base()), registry())
CATALOGUE = """\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: Order_Web
  title: Orders
  description: Where customers order.
  links:
    - {url: https://status.example/, title: Status}
    - {url: https://orders.example/, title: Orders}
spec:
  type: website
  lifecycle: experimental
  owner: group:default/platform
  dependsOn: [resource:default/orders-db, component:nobody-knows]
---
apiVersion: backstage.io/v1alpha1
kind: Resource
metadata: {name: orders-db}
spec: {lifecycle: deprecated, owner: team-b}
---
apiVersion: backstage.io/v1alpha1
kind: API
metadata: {name: order_web, description: How programs order.}
spec: {lifecycle: someday}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: team-b}
"""


def brought(files: dict[str, str], book: Book = BOOK, owner: str | None = None) -> Brought:
    return plan(book, MemoryTree(files), "catalogue", Namespace(owner=owner))


def listed(done: Brought, words: str) -> list[str]:
    return next(list(lines) for heading, lines in done.listed if words in heading)


def test_entities_become_services() -> None:
    done = brought({"web/catalog-info.yaml": CATALOGUE})
    assert done.files["services/order-web.yaml"].decode() == (
        "# yaml-language-server: $schema=../schemas/service.schema.json\n"
        "name: order-web\ntitle: Orders\ndescription: Where customers order.\nours: true\nowner: platform\n"
        "lifecycle: beta\nlink:\n  title: Orders\n  url: https://orders.example/\n"
        "status_page: https://status.example/\ndepends_on:\n  - orders-db\n"
    )
    database = done.files["services/orders-db.yaml"].decode()
    assert "ours: false\nlifecycle: retired\ngo_to: Ask team-b, which owns it.\n" in database
    assert "services/order-web-api.yaml" in done.files
    assert listed(done, "Owners") == ["orders-db: team-b"]
    assert listed(done, "Dependencies") == ["order-web needs nobody-knows"]
    assert listed(done, "Lifecycles") == ["order-web-api: someday"]
    assert listed(done, "Not imported") == ["web/catalog-info.yaml: Group team-b"]
    after = Book(Overlay(BOOK.tree, done.files), registry())
    found = check_records(after.refs("service").values(), after, parse_time(NOW), registry())
    assert {item.code for item in found} == {"SVC006"}, "what nobody said is left to fill in"


def test_a_second_run_does_nothing_and_what_is_here_stays() -> None:
    done = brought({"catalog-info.yaml": CATALOGUE}, owner="platform")
    assert b"owner: platform" in done.files["services/orders-db.yaml"]
    after = Book(Overlay(BOOK.tree, done.files), registry())
    assert brought({"catalog-info.yaml": CATALOGUE}, after, "platform").files == {}
    changed = brought({"catalog-info.yaml": CATALOGUE.replace("title: Orders\n", "title: Shop\n")}, after, "platform")
    assert changed.files == {}
    assert listed(changed, "Here already") == ["services/order-web.yaml, of catalog-info.yaml"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: &a [1]\nb: [*a]\n", "it holds an alias"),
        ("a: " + "[" * 100, "it is too deep"),
        ("a: [\n", "line 3:"),
        ("x" * (1 << 21), "it is larger than 1024 KB"),
        ("a: !!python/object/apply:os.system [id]\n", "could not determine a constructor"),
    ],
)
def test_yaml_that_is_dangerous_or_broken_is_listed(text: str, why: str) -> None:
    done = brought({"catalog-info.yaml": CATALOGUE, "bad.yaml": f"# backstage.io/v1\n{text}"})
    assert why in listed(done, "Not imported")[0]


def test_a_folder_without_any_is_refused() -> None:
    with pytest.raises(Refused):
        brought({"a.yaml": "a: 1\n"})
