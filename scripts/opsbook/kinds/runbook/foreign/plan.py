"""What an import would do: a file for each page and picture, redirects of their addresses, areas that are new."""

from __future__ import annotations

import json
import posixpath
import re
from argparse import Namespace
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from opsbook.core import markdown, yaml
from opsbook.core.baseline import digest
from opsbook.core.book import CONFIG_PATH, Book
from opsbook.core.command import Brought
from opsbook.core.config import Role, Team
from opsbook.core.drafting import choice
from opsbook.core.errors import Refused, UsageError
from opsbook.core.markdown import Markdown
from opsbook.core.redirects import FOLDER, Moved, redirects, stem
from opsbook.core.text import one_line, shorten
from opsbook.core.tidy import tidy
from opsbook.core.tree import Tree
from opsbook.kinds.runbook.foreign.collection import Collection, Page, letters, review_in, reviewed
from opsbook.kinds.runbook.foreign.links import Places, anchored, relative, rewritten
from opsbook.kinds.runbook.foreign.translate import translated

LARGEST: Final = 20 << 20
"""Bytes of a picture."""

_TRANSLATED: Final = frozenset(
    (
        *("title", "last_reviewed_on", "last_reviewed", "reviewed_on", "reviewed", "last-reviewed"),
        *("aliases", "old_paths", "redirect_from", "alert", "alerts", "alertname"),
    )
)
_OWNERS: Final = ("owner", "owner_slack", "team", "owned_by", "owners")
_ALERT: Final = re.compile(r"[A-Za-z][a-z0-9]*(?:[A-Z]+[a-z0-9]*){2,}")


class Import:
    """One import of one collection into one book."""

    def __init__(self, book: Book, tree: Tree, name: str, args: Namespace) -> None:
        from slugify import slugify

        self._slug = slugify
        self.book, self.part = book, book.kinds["runbook"].parts[0]
        self.area = self._named([args.area], 60) if args.area else ""
        self.name = slugify(args.name or name, max_length=60, word_boundary=True) or "imported"
        self.path = f"{FOLDER}/{self.name}.yaml"
        self.collection = Collection(tree, self.name)
        if not self.collection.pages:
            raise Refused("There is no page of Markdown.", "Name the folder of the pages, or of their repository.")
        found = next((item for file, item in redirects(book) if file.path == self.path), None)
        if found is None and book.tree.read(self.path) is not None:
            raise Refused(f"{self.path} cannot be read.", f"See what is wrong: opsbook check {self.path}")
        self.before = list(found.pages if found is not None else ())
        self.known = {entry.source: entry for entry in self.before if entry.source}
        self.claimed = {
            stem(address): entry.to for _, item in redirects(book) for entry in item.pages for address in entry.was
        }
        self.unknown: Counter[str] = Counter()
        self._people = _people(book)
        owners = {path: self._owner(page) for path, page in self.collection.pages.items()}
        self.keeper = choice(args.owner, "owners", "role or team", book) if args.owner else found and found.owner
        if self.keeper is None and not all(owners.values()):
            count, known = sum(not owner for owner in owners.values()), ", ".join(book.config.vocabulary["owners"])
            what = f"{count:,} page{'s' * (count != 1)} name no owner that opsbook.yml knows."
            raise UsageError(what, f"Give --owner with who keeps them. Known are {known or 'none'}.")
        self.owners = {path: owner or self.keeper or "" for path, owner in owners.items()}
        self.taken = {path for path, _ in book.tree.paths("runbooks")}
        self.to = {path: entry.to for path, entry in self.known.items() if path in self.collection.pages}
        for path, page in sorted(self.collection.pages.items(), key=lambda item: (not item[1].index, item[0])):
            if path not in self.to:
                self.to[path] = self._place(page)
        self.pictures: dict[str, str] = {}

    def _owner(self, page: Page) -> str | None:
        for key in _OWNERS:
            given = page.front.get(key)
            for name in given if isinstance(given, list) else [given]:
                if isinstance(name, str) and name.strip():
                    found = self._people.get(_said(name))
                    self.unknown[one_line(name)] += not found
                    if found:
                        return found
        return None

    def _folders(self, path: str) -> list[str]:
        """The folders of a file below those that only say that there are pages."""
        root = self.collection.root
        inside = self.collection.unnumbered(posixpath.relpath(path, root) if path.startswith(f"{root}/") else path)
        folders = posixpath.dirname(inside).split("/") if "/" in inside else []
        return folders[1:] if folders[:1] == ["runbooks"] else folders

    def _named(self, words: Iterable[str], most: int) -> str:
        return self._slug("-".join(words), max_length=most, word_boundary=True, save_order=True)

    def _place(self, page: Page) -> str:
        """Where a page goes: its first folder is its area, and a page about a folder is the `index` of it."""
        folders = self._folders(page.path)
        area = self.area or self._named(folders[:1], 60) or self.name
        name = posixpath.basename(self.collection.unnumbered(page.path)).partition(".")[0]
        words = [*(folders if self.area else folders[1:]), *([] if page.index else [name])]
        slug = self._named(words, 110 - len(area)) or ("index" if page.index else "page")
        tries = (slug, *([f"{slug}-index"] * page.index), *(f"{slug}-{number}" for number in range(2, 10_000)))
        place = next(at for name in tries if (at := f"runbooks/{area}/{name}.md") not in self.taken)
        self.taken.add(place)
        return place

    def _picture(self, path: str, page: str) -> str | None:
        """Where a picture goes: beside the first page that shows it."""
        if path not in self.pictures:
            data = self.collection.tree.read(path)
            if data is None or len(data) > LARGEST:
                return None
            name, ending = posixpath.splitext("/".join((*self._folders(path)[1:], posixpath.basename(path))))
            base = f"{posixpath.dirname(self.to[page])}/{self._named(name.split('/'), 150) or 'picture'}"
            old = self.known.get(path)
            tries = (f"{base}{number}{ending.lower()}" for number in ("", *(f"-{n}" for n in range(2, 10_000))))
            self.pictures[path] = old.to if old is not None else next(at for at in tries if at not in self.taken)
            self.taken.add(self.pictures[path])
        return self.pictures[path]

    def pages(self) -> dict[str, bytes]:
        """Every page as its file, by the path of its source."""
        bodies: dict[str, str] = {}
        texts: dict[str, Markdown] = {}
        for path, page in self.collection.pages.items():
            body = translated(page, self.collection)
            text = markdown.parse(body.encode())
            first = text.headings[0] if text.headings and text.parsed.tokens[0].tag == "h1" else None
            if first is None or first.text != page.title:
                body = f"# {_typed(page.title)}\n\n{body}"
                text = markdown.parse(body.encode())
            bodies[path], texts[path] = body, text
        places = Places(self.collection)
        made: dict[str, bytes] = {}
        for path, page in self.collection.pages.items():

            def new(target: str, path: str = path, page: Page = page) -> str:
                found = places.find(page, target)
                if found is None:
                    return target
                there, fragment = found
                if there in self.to:
                    anchor = anchored(fragment, texts[there])
                    same = there == path and anchor == fragment and target.startswith("#")
                    return target if same else relative(self.to[there], self.to[path], anchor)
                picture = self._picture(there, path)
                return target if picture is None else relative(picture, self.to[path])

            body = rewritten(bodies[path], new)
            data = f"---\n{yaml.dump(self._front(page))}---\n\n{body}".encode()
            made[path] = tidy(data, self.part).data  # or `opsbook fmt` would edit it, and it would count as edited here
        return made

    def _front(self, page: Page) -> dict[str, Any]:
        """The front matter of a runbook."""
        front: dict[str, Any] = {"title": shorten(page.title, 120), "owner": self.owners[page.path]}
        if len(page.title) > 120:
            page.note("its title is longer than 120 characters: whole above the text, cut in lists")
        if day := reviewed(page.front):
            front["reviewed"] = day
        if again := review_in(page.front):
            front["review_in"] = again
        name = posixpath.basename(page.path).partition(".")[0]
        alerts = [name] if _ALERT.fullmatch(name) and letters(name) == letters(page.title) else []
        for key in ("alert", "alerts", "alertname"):
            given = page.front.get(key)
            alerts += [one_line(str(item)) for item in (given if isinstance(given, list) else [given]) if item]
        if fit := list(dict.fromkeys(alert for alert in alerts if 3 <= len(alert) <= 200)):
            front["symptoms"] = fit
        return front

    def entry(self, page: Page, wrote: str) -> Moved:
        """What the book remembers of a page."""
        was, hugo = page.addresses, self.collection.dialect == "Hugo"
        mine = self.to[page.path]
        was = [a for a in dict.fromkeys([*was, *(a.lower() for a in was if hugo)]) if self._claim(a, mine, page)]
        used = {*_TRANSLATED, *(("review_in",) if review_in(page.front) else ())}
        used |= {
            key for key in _OWNERS if isinstance(page.front.get(key), str) and _said(page.front[key]) in self._people
        }
        kept = {one_line(str(key)): _plain(value) for key, value in page.front.items() if key not in used}
        left = [f"{line}: {what}" for line, what in sorted(page.notes)]
        return Moved(to=mine, was=tuple(was), source=page.path, wrote=wrote, kept=kept, left=tuple(left))

    def _claim(self, address: str, mine: str, page: Page) -> bool:
        other = self.claimed.setdefault(stem(address), mine)
        if other != mine:
            page.note(f"{address} leads to {other} already, and not here")
        return other == mine

    def areas(self) -> dict[str, str]:
        """Areas that opsbook.yml does not have, with their titles."""
        found: dict[str, str] = {}
        for path, to in self.to.items():
            area = to.split("/")[1]
            if area not in self.book.config.vocabulary.get("areas", {}):
                words = (self._folders(path) or [area])[0] if not self.area else area
                title = re.sub(r"[-_]+", " ", words).strip() or area
                found.setdefault(area, shorten(one_line(title[:1].upper() + title[1:]), 120))
        return found


def plan(book: Book, tree: Tree, name: str, args: Namespace) -> Brought:
    """See `Bring.plan`; what is reviewed when is for the rules to judge."""
    work = Import(book, tree, name, args)
    made = work.pages()
    files: dict[str, bytes] = {}
    owners: dict[str, str] = {}
    entries: dict[str, Moved] = {entry.source or f"\0{place}": entry for place, entry in enumerate(work.before)}
    states: dict[str, list[str]] = {state: [] for state in ("new", "changed", "same", "both", "gone")}
    for path, data in (*made.items(), *((at, tree.read(at) or b"") for at in work.pictures)):
        to = work.to.get(path) or work.pictures[path]
        old, here = work.known.get(path), book.tree.read(to)
        hash_ = digest(data)
        state = _state(old, hash_, here)
        states[state].append(f"{path} → {to}")
        if state in ("both", "gone"):
            continue
        page = work.collection.pages.get(path)
        entry = work.entry(page, hash_) if page is not None else Moved(to=to, source=path, wrote=hash_)
        entries[path] = entry
        if state != "same":
            files[to] = data
            owners |= {to: work.owners[path]} if page is not None else {}
    _remember(work, entries, files)
    areas = work.areas()
    if areas:
        added = [(("runbooks", "areas", "-"), {"id": area, "title": title}) for area, title in sorted(areas.items())]
        try:
            text = yaml.edit((book.tree.read(CONFIG_PATH) or b"").decode(), added)
        except ValueError as error:
            raise Refused(f"{CONFIG_PATH} cannot take new areas: {error}.", "Repair it: opsbook check") from None
        files[CONFIG_PATH] = text.encode()
    pages = work.collection.pages.values()
    counts = [
        ("Written for", work.collection.dialect),
        ("Pages", f"{len(pages):,}"),
        ("Pictures", f"{len(work.pictures):,}"),
        ("New", f"{len(states['new']):,}"),
        ("Changed", f"{len(states['changed']):,}"),
        ("As before", f"{len(states['same']):,}"),
        ("Addresses", f"{sum(len(entry.was) for entry in entries.values()):,} go on working"),
    ]
    return Brought(work.name, files, counts, _listed(work, states, entries, areas, made), owners)


def _state(old: Moved | None, now: str, here: bytes | None) -> str:
    """What is to be done with a file: of what it was, would be, and is."""
    if old is None:
        return "new"
    if old.wrote == now:
        return "same"
    if here is None:
        return "gone"
    return "changed" if digest(here) == old.wrote else "both"


def _remember(work: Import, entries: Mapping[str, Moved], files: dict[str, bytes]) -> None:
    """Add the file of redirects, where it says something new."""
    rows = [entry.model_dump(exclude_defaults=True) for _, entry in sorted(entries.items())]
    value = {**({"owner": work.keeper} if work.keeper else {}), "pages": rows}
    data = yaml.dump(value).encode()
    if data != work.book.tree.read(work.path):
        files[work.path] = data


def _listed(
    work: Import,
    states: Mapping[str, list[str]],
    entries: Mapping[str, Moved],
    areas: Mapping[str, str],
    made: Mapping[str, bytes],
) -> list[tuple[str, list[str]]]:
    """What a person looks through before they say yes."""
    collection = work.collection
    kept = Counter(key for path in made if path in entries for key in entries[path].kept)
    away = sorted(path for path in work.known if path not in collection.files)
    notes = [
        f"{path}:{line}: {what}" for path, page in sorted(collection.pages.items()) for line, what in sorted(page.notes)
    ]
    others = Counter(posixpath.splitext(path)[1].lower() or path for path in collection.others(work.pictures))
    return [
        ("Changed here and at the source: they stay as they are here", states["both"]),
        ("Imported before, and gone here: they are not written again", states["gone"]),
        ("Imported before, and gone at the source: they stay", away),
        (f"Owners that opsbook.yml does not know; {work.keeper} keeps their pages", _tally(work.unknown)),
        ("New areas in opsbook.yml", [f"{area}: {title}" for area, title in sorted(areas.items())]),
        ("Not translated: it stays as it was", notes),
        (f"Front matter without a place here, kept in {work.path}", _tally(kept)),
        ("Not imported", [f"{path}: {why}" for path, why in sorted(collection.left)]),
        ("Other files, which no page shows", _tally(others)),
    ]


def _tally(counts: Counter[str]) -> list[str]:
    return [f"{name} ×{count:,}" for name, count in counts.most_common() if count]


def _people(book: Book) -> dict[str, str]:
    """Roles and teams by all that they may be called: id, title, channel."""
    core = book.config.core
    found: dict[str, str] = {}
    entries: tuple[Role | Team, ...] = (*core.roles, *core.teams)
    for entry in entries:
        channel = core.channel(entry.channel or "") if isinstance(entry, Team) else None
        for name in (entry.id, entry.title, *((channel.name, channel.id) if channel is not None else ())):
            found.setdefault(_said(name), entry.id)
    return found


def _said(name: str) -> str:
    return name.strip().lstrip("#@").casefold()


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)


def _typed(title: str) -> str:
    """A title as the text of a heading: nothing in it is markup."""
    return re.sub(r"([\\`*_\[\]<>&#])", r"\\\1", title)
