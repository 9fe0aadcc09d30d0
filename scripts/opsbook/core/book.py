"""The book: a tree of files seen as records of kinds. Lazy: nothing is read before somebody asks for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from fnmatch import fnmatchcase
from functools import cached_property, lru_cache, reduce
from operator import getitem
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from pydantic import ValidationError

from opsbook.core import yaml
from opsbook.core.config import CoreConfig, Section
from opsbook.core.record import File, Record, Ref
from opsbook.core.shape import Part, Shape
from opsbook.core.tree import Tree, below

if TYPE_CHECKING:
    from opsbook.core.finding import Finding

S = TypeVar("S", bound=Section)

CONFIG_PATH = "opsbook.yml"
CONFIG_PART = Part("", "configuration")
CONFIG_LIMIT = 1 << 20
"""`opsbook.yml` may have 1 MB; records 64 KB (design: "Records")."""

_ROUNDS = 20
"""How often a section is read again without what did not fit: leaving something out can leave a hole elsewhere."""


class Config(NamedTuple):
    """`opsbook.yml`, section by section; a section that is broken is replaced by its defaults and reported."""

    core: CoreConfig
    sections: Mapping[str, Section]
    vocabulary: Mapping[str, Mapping[str, Any]]
    document: yaml.Document
    findings: tuple[Finding, ...]
    present: bool

    def section(self, model: type[S]) -> S:
        """The section of the kind that defined `model`."""
        return next(section for section in self.sections.values() if isinstance(section, model))


class Book:
    """The records of a tree.

    Args:
        tree: a folder, a commit, an overlay or a dictionary.
        kinds: the shapes of its kinds of records, by name.

    Attributes:
        unrecorded: ids of records of which something is saved on this machine and not published yet.
        over: ids of records on which nobody works any more, as far as somebody looked already.
    """

    def __init__(self, tree: Tree, kinds: Mapping[str, Shape]) -> None:
        self.tree = self._tree = tree
        self.unrecorded: frozenset[str] = frozenset()
        self.over: frozenset[str] = frozenset()
        self.kinds = kinds
        self._records: dict[Ref, Record] = {}
        self._refs: dict[str, dict[str, Ref]] = {}
        self._duplicates: list[tuple[Ref, Ref]] = []
        self._strays: list[tuple[Shape, str]] = []

    @cached_property
    def config(self) -> Config:
        """`opsbook.yml`; its defaults where there is none."""
        return _read_config(self._tree.read(CONFIG_PATH), tuple(self.kinds.values()))

    def refs(self, kind: str) -> Mapping[str, Ref]:
        """Where every record of a kind is, by id. Lists folders and reads nothing."""
        if kind not in self._refs:
            self._refs[kind] = self._list(self.kinds[kind])
        return MappingProxyType(self._refs[kind])

    def everything(self) -> Iterator[Ref]:
        """Where every record of every kind is."""
        for kind in self.kinds:
            yield from self.refs(kind).values()
        yield from (second for _, second in self._duplicates)

    @property
    def duplicates(self) -> list[tuple[Ref, Ref]]:
        """Pairs of places with the same id."""
        for kind in self.kinds:
            self.refs(kind)
        return self._duplicates

    @property
    def strays(self) -> list[tuple[Shape, str]]:
        """Names in the folders of kinds that cannot be records."""
        for kind in self.kinds:
            self.refs(kind)
        return self._strays

    def record(self, ref: Ref) -> Record:
        """The record at a place."""
        if ref not in self._records:
            self._records[ref] = self._read(ref)
        return self._records[ref]

    def forget(self, ref: Ref) -> None:
        """Let go of a record that was read, for work that looks at each record of a large book once."""
        self._records.pop(ref, None)

    def resolve(self, kind: str, id_: str) -> Record | None:
        """The record of a kind with this id: how one kind reaches another."""
        ref = self.find(kind, id_)
        return self.record(ref) if ref is not None else None

    def find(self, kind: str, id_: str) -> Ref | None:
        """Where the record with this id is.

        Where the id says the place this asks for that file only; else it looks through the names of folders, without
        making anything of those that do not hold the id.
        """
        shape = self.kinds.get(kind)
        if shape is None:
            return None
        if kind in self._refs:
            return self._refs[kind].get(id_)
        for part in shape.parts[:1] if shape.is_file else ():
            if shape.path.fullmatch(id_ + part.suffix):
                path = f"{shape.folder}/{id_}{part.suffix}"
                return Ref(kind, id_, path) if self._tree.read(path) is not None else None
        return self._look_for(shape, id_)

    def has(self, path: str) -> bool:
        """Whether there is anything at or below a path."""
        return any(True for _ in self._tree.paths(path))

    def title(self, kind: str, id_: str) -> str | None:
        """The title of a record, also when the rest of it cannot be read; `None` when there is no record or title."""
        record = self.resolve(kind, id_)
        if record is None:
            return None
        file = record.files.get(self.kinds[kind].parts[0].pattern)
        value = file.document.value if file is not None and file.document is not None else None
        title = value.get("title") if isinstance(value, dict) else None
        return title if isinstance(title, str) else None

    def at(self, path: str) -> Ref | None:
        """The record that a path belongs to, whether or not it exists."""
        for kind in self.kinds.values():
            if below(path, kind.folder) and path != kind.folder:
                parts = path.split("/")
                depth = kind.depth + kind.folder.count("/")
                where = "/".join(parts[: depth + 1])
                return self._ref(kind, where) if len(parts) > depth and not _is_beside(kind, where) else None
        return None

    def _ref(self, kind: Shape, path: str) -> Ref:
        name = path[len(kind.folder) + 1 :]
        match = kind.path.fullmatch(name)
        return Ref(kind.name, match["id"] if match else name, path)

    def _look_for(self, kind: Shape, id_: str) -> Ref | None:
        last = id_.rpartition("/")[2]
        for folder in self._level(kind, strays=[]):
            for name in self._tree.folders(folder):
                if last in name and (ref := self._ref(kind, f"{folder}/{name}")).id == id_:
                    return ref
        return None

    def _level(self, kind: Shape, strays: list[tuple[Shape, str]]) -> list[str]:
        """The folders in which records of a kind lie; what lies above them and is no folder is added to `strays`."""
        level = [kind.folder]
        for _ in range(kind.depth - 1):
            below_it: list[str] = []
            for folder in level:
                for name in self._names(kind, folder, strays):
                    if "." in name:
                        strays.append((kind, f"{folder}/{name}"))
                    else:
                        below_it.append(f"{folder}/{name}")
            level = below_it
        return level

    def _list(self, kind: Shape) -> dict[str, Ref]:
        found: dict[str, Ref] = {}
        for folder in self._level(kind, self._strays):
            for name in self._names(kind, folder, self._strays):
                if _is_beside(kind, name):
                    continue
                ref = self._ref(kind, f"{folder}/{name}")
                if ref.id in found:
                    self._duplicates.append((found[ref.id], ref))
                else:
                    found[ref.id] = ref
        return found

    def _names(self, kind: Shape, folder: str, strays: list[tuple[Shape, str]]) -> list[str]:
        """What lies in a folder; a file or a link in the place of the folder is a stray."""
        names = list(self._tree.folders(folder))
        if not names and any(True for _ in self._tree.paths(folder)):
            strays.append((kind, folder))
        return names

    def _read(self, ref: Ref) -> Record:
        kind = self.kinds[ref.kind]
        files: dict[str, File] = {}
        strays: list[tuple[str, str]] = []
        for path, mode in self._tree.paths(ref.path):
            name = path[len(ref.path) + 1 :]
            part = _part(kind, name)
            if mode != "file":
                strays.append((path, mode))
            elif part is None or (kind.is_file and not path.endswith(part.suffix)):
                strays.append((path, "stray"))
            else:
                files[name] = File(path, part, self._tree.read, self._vocabulary)
        return Record(ref, kind, files, strays)

    def _vocabulary(self) -> Mapping[str, Mapping[str, Any]]:
        return self.config.vocabulary


def _is_beside(kind: Shape, path: str) -> bool:
    return PurePosixPath(path).suffix.lower() in kind.beside


def _part(kind: Shape, name: str) -> Part | None:
    return next(
        (part for part in kind.parts if fnmatchcase(name, part.pattern) and name.count("/") == part.pattern.count("/")),
        None,
    )


@lru_cache(maxsize=4)
def _read_config(data: bytes | None, kinds: tuple[Shape, ...]) -> Config:
    """What these bytes say; one command sees many books, of main and of branches, and most have the same."""
    document = yaml.load(data if data is not None else b"", limit=CONFIG_LIMIT)
    value: dict[str, Any] = document.value if isinstance(document.value, dict) else {}
    file = File(CONFIG_PATH, CONFIG_PART, lambda _path: data, dict)
    file.document = document
    findings = [*_ill_formed(document)] if document.faults or value is not document.value else []

    own = {kind.plural for kind in kinds}
    parts: list[tuple[type[Section], tuple[str, ...], Any]] = [
        (CoreConfig, (), {key: item for key, item in value.items() if key not in own})
    ]
    parts += [(kind.section, (kind.plural,), value.get(kind.plural, {})) for kind in kinds]

    # Two readings: the words (severities, people, …) are known only when every section was read once.
    sections: list[Section] = []
    vocabulary: dict[str, Mapping[str, Any]] = {}
    readable = data is None or isinstance(document.value, dict)
    for model, _, content in parts:
        section, dropped = _lenient(model, content)
        sections.append(section)
        if readable and dropped is not None:
            vocabulary.update({name: {**dropped, **words} for name, words in section.vocabulary().items()})
    for model, where, content in parts:
        try:
            model.model_validate(content, context=vocabulary)
        except ValidationError as error:
            findings += _misfits(error, model, content, file, where, own)
    core = sections[0]
    assert isinstance(core, CoreConfig)
    named = dict(zip((kind.plural for kind in kinds), sections[1:], strict=True))
    return Config(core, named, vocabulary, document, tuple(findings), data is not None)


def _ill_formed(document: yaml.Document) -> Iterator[Finding]:
    """What is wrong with the text, and with what it is as a whole."""
    from opsbook.core import codes
    from opsbook.core.code import Problem

    for fault in document.faults:
        problem = Problem(fault.message, path=CONFIG_PATH, line=fault.line, column=fault.column)
        yield codes.FAULTS[fault.code].finding(problem)
    if document.value is not None and not isinstance(document.value, dict):
        yield codes.MOD003.finding(Problem("opsbook.yml must be a mapping", path=CONFIG_PATH))


def _misfits(
    error: ValidationError, model: type[Section], content: Any, file: File, where: tuple[str, ...], own: set[str]
) -> Iterator[Finding]:
    """What of a section does not fit its model."""
    from opsbook.core.code import Problem
    from opsbook.core.misfit import explain

    for code, message, loc, key in explain(error, model, content, "configuration", () if where else own):
        yield code.finding(Problem(message, file=file, loc=(*where, *loc), key=key))


def _lenient(model: type[S], content: Any) -> tuple[S, dict[str, None] | None]:
    """The section without what does not fit in it, so that one typing error leaves everything else in force.

    Returns:
        The section, and the ids of the entries that were left out: they stay words, or every record that uses one
        would be reported for an error of the configuration. `None` when not even the ids are known.
    """
    dropped: dict[str, None] | None = {}
    content = deepcopy(content)
    for _ in range(_ROUNDS):
        try:
            return model.model_validate(content), dropped
        except ValidationError as error:
            places = {place for detail in error.errors() if (place := _reached(detail["loc"], content))}
        for place in sorted(places, reverse=True):
            if any(place[:depth] in places for depth in range(1, len(place))):
                continue
            *above, last = place
            container = reduce(getitem, above, content)
            gone = container.pop(last)
            field = model.model_fields.get(place[0])
            if isinstance(gone, dict) and isinstance(gone.get("id"), str):
                if dropped is not None:
                    dropped[gone["id"]] = None
            elif (
                (isinstance(container, list) and isinstance(gone, dict))
                or (len(place) <= 2 and field is not None and isinstance(field.default, tuple))
                or (field is None and isinstance(gone, list))  # people, misspelt
            ):
                dropped = None
        if not places:
            break
    return model(), None


def _reached(loc: Sequence[str | int], content: Any) -> tuple[Any, ...]:
    """The place of the error at `loc`, or of what lacks something there: what must go for the error to go."""
    found: list[str | int] = []
    for step in loc:
        if not (step in content if isinstance(content, dict) else isinstance(content, list)):
            break
        content = content[step]
        found.append(step)
    return tuple(found)
