"""Services as Backstage knows them: the entities of its `catalog-info.yaml` as files of the catalogue."""

from __future__ import annotations

import re
from argparse import Namespace
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import ValidationError

from opsbook.core import yaml
from opsbook.core.book import Book
from opsbook.core.command import Brought
from opsbook.core.drafting import choice
from opsbook.core.errors import Refused
from opsbook.core.text import one_line, shorten, visible
from opsbook.core.tree import Tree
from opsbook.core.yaml import foreign
from opsbook.kinds.service.commands.new_service import TO_SAY
from opsbook.kinds.service.model import Service

KINDS: Final = ("Component", "System", "API", "Resource")
"""What somebody may have to ask about; groups, users and templates are not."""
LARGEST: Final = 1 << 20
_LIFECYCLES: Final = {"production": "live", "experimental": "beta", "deprecated": "retired"}
_REFERENCE: Final = re.compile(r"(?:(?P<kind>[\w-]+):)?(?:[\w.-]+/)?(?P<name>[\w.-]+)")

Entity = tuple[str, Mapping[str, Any]]
"""The file in which it stands, and what it says."""


def plan(book: Book, tree: Tree, name: str, args: Namespace) -> Brought:
    """See `Bring.plan`. A service that is here already stays as it is."""
    left: list[str] = []
    entities = dict(_entities(tree, left))
    if not entities:
        raise Refused("There is no component, system, API or resource of Backstage.", "Name a folder with its files.")
    keeper = choice(args.owner, "teams", "team", book) if args.owner else None
    teams = _teams(book)
    known = {*entities, *book.refs("service")}
    files: dict[str, bytes] = {}
    same = 0
    lists: dict[str, list[str]] = {"others": [], "here": [], "needs": [], "lifecycles": []}
    for slug, (path, entity) in sorted(entities.items()):
        spec = _map(entity.get("spec"))
        owner = _referred(spec.get("owner"))
        team = teams.get(owner.casefold()) or keeper
        needs = [_slug(_referred(item)) for key in ("dependsOn", "consumesApis") for item in _list(spec.get(key))]
        lists["needs"] += [f"{slug} needs {need}" for need in needs if need not in known]
        if (lifecycle := str(spec.get("lifecycle", "production"))) not in _LIFECYCLES:
            lists["lifecycles"].append(f"{slug}: {one_line(lifecycle)}")
        if owner and teams.get(owner.casefold()) is None:
            lists["others"].append(f"{slug}: {owner}")
        depends = dict.fromkeys(need for need in needs if need in known and need != slug)
        try:
            data = _written({**_said(slug, entity), **_owned(team, owner), "depends_on": list(depends)}, book)
        except (ValidationError, ValueError) as error:
            left.append(f"{path}: {slug} does not fit: {shorten(one_line(str(error)), 120)}")
            continue
        here = book.tree.read(f"services/{slug}.yaml")
        same += here == data
        if here is None:
            files[f"services/{slug}.yaml"] = data
        elif here != data:
            lists["here"].append(f"services/{slug}.yaml, of {path}")
    counts = [("Reads", f"Backstage: {len(entities):,} services"), ("New", f"{len(files):,}")]
    counts += [("As before", f"{same:,}")]
    listed = [
        ("Here already, and different: they stay as they are", lists["here"]),
        (f"Owners that are no team of opsbook.yml; {keeper or 'they'} keep them", lists["others"]),
        ("Lifecycles that are none of Backstage's; they count as live", lists["lifecycles"]),
        ("Dependencies that are in no catalogue, and are left out", lists["needs"]),
        ("Not imported", left),
    ]
    return Brought(name, files, counts, listed)


def _entities(tree: Tree, left: list[str]) -> Iterator[tuple[str, Entity]]:
    """Every entity that is a service, by the name that it gets; what is none is added to `left`."""
    taken: set[str] = set()
    for path, mode in tree.paths():
        data = tree.read(path) if mode == "file" and path.endswith((".yaml", ".yml")) else None
        if data is None or b"backstage.io/" not in data[:LARGEST]:
            continue
        try:
            found = foreign.documents(data.decode("utf-8-sig"), LARGEST)
        except ValueError as error:
            left.append(f"{path}: {error}")
            continue
        for entity in (item for item in found if isinstance(item, dict)):
            name = str(_map(entity.get("metadata")).get("name") or "")
            slug, kind = _slug(name), str(entity.get("kind"))
            if kind not in KINDS or not slug:
                left.append(f"{path}: {one_line(kind)} {one_line(name)}")
            elif slug in taken and kind in ("API", "System") and f"{slug}-{kind.lower()}" not in taken:
                taken.add(f"{slug}-{kind.lower()}")
                yield f"{slug}-{kind.lower()}", (path, entity)
            elif slug in taken:
                left.append(f"{path}: {one_line(name)} is there twice")
            else:
                taken.add(slug)
                yield slug, (path, entity)


def _said(slug: str, entity: Mapping[str, Any]) -> dict[str, Any]:
    """What an entity says of itself."""
    metadata, spec = _map(entity.get("metadata")), _map(entity.get("spec"))
    links = [item for item in map(_map, _list(metadata.get("links"))) if str(item.get("url", "")).startswith("http")]
    status = next((item["url"] for item in links if "status" in str(item.get("title", "")).lower()), None)
    home = next((item for item in links if item["url"] != status), None)
    return {
        "name": slug,
        "title": shorten(one_line(str(metadata.get("title") or metadata.get("name"))), 120),
        "description": visible(str(metadata.get("description") or "")).strip() or TO_SAY,
        "lifecycle": _LIFECYCLES.get(str(spec.get("lifecycle")), "live"),
        "link": {"title": one_line(str(home.get("title") or "Home")), "url": home["url"]} if home else None,
        "status_page": status,
    }


def _owned(team: str | None, owner: str) -> dict[str, Any]:
    """Whose it is: a team of ours runs it, or somebody else, who is asked."""
    if team is not None:
        return {"ours": True, "owner": team}
    return {"ours": False, "go_to": f"Ask {owner}, which owns it." if owner else "TODO: say where to go with it"}


def _written(values: Mapping[str, Any], book: Book) -> bytes:
    service = Service.model_validate(dict(values), context=book.config.vocabulary)
    kept = service.model_dump(exclude_defaults=True)
    return yaml.dump(kept, schema="../schemas/service.schema.json").encode()


def _teams(book: Book) -> dict[str, str]:
    return {name.casefold(): team.id for team in book.config.core.teams for name in (team.title, team.id)}


def _referred(value: object) -> str:
    """The name in a reference: `group:default/platform` is platform."""
    found = _REFERENCE.fullmatch(one_line(str(value))) if value else None
    return found["name"] if found else one_line(str(value or ""))


def _slug(name: str) -> str:
    from slugify import slugify

    return str(slugify(name, max_length=60, word_boundary=True))


def _map(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
