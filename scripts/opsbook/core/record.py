"""A record: its files, read lazily, each with its values, its places and what is wrong with its form."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from opsbook.core import yaml

if TYPE_CHECKING:
    from opsbook.core.finding import Finding
    from opsbook.core.markdown import Markdown
    from opsbook.core.shape import Part, Shape

M = TypeVar("M", bound=BaseModel)


class File:
    """One file of a record, read once.

    Args:
        path: from the root of the book.
        read: gives its bytes; `None` when it is not a regular file. Asked once, when they are needed: a list of
            incidents needs the facts of each and nothing else.
        vocabulary: gives the words that `opsbook.yml` defines (see `core.config.Vocabulary`), when they are needed:
            copying a record's files from a branch needs no configuration.
    """

    def __init__(
        self, path: str, part: Part, read: Callable[[str], bytes | None], vocabulary: Callable[[], Mapping[str, Any]]
    ) -> None:
        self.path = path
        self.part = part
        self._read = read
        self._vocabulary = vocabulary

    @cached_property
    def data(self) -> bytes | None:
        """Its bytes; `None` when it is not a regular file."""
        return self._read(self.path)

    @cached_property
    def text(self) -> str:
        """The content as text; undecodable bytes are replaced (and reported as YML001)."""
        return (self.data or b"").decode("utf-8", "replace")

    @cached_property
    def markdown(self) -> Markdown | None:
        """A Markdown file, taken apart."""
        if self.part.format != "markdown" or self.data is None:
            return None
        from opsbook.core.markdown import parse

        return parse(self.data)

    @cached_property
    def document(self) -> yaml.Document | None:
        """The YAML values of the file or of its front matter."""
        if self.data is None:
            return None
        return self.markdown.front if self.markdown is not None else _loaded(self.data)

    @cached_property
    def _validated(self) -> tuple[BaseModel | None, tuple[Finding, ...]]:
        model, document = self.part.model, self.document
        if model is None or document is None or (document.value is None and document.faults):
            return None, ()
        try:
            return model.model_validate(document.value, context=self._vocabulary()), ()
        except ValidationError as error:
            from opsbook.core.code import Problem
            from opsbook.core.misfit import explain

            found = explain(error, model, document.value, self.part.noun)
            return None, tuple(
                code.finding(Problem(message, file=self, loc=loc, key=key)) for code, message, loc, key in found
            )

    def get(self, model: type[M]) -> M | None:
        """The content as `model`; `None` when it cannot be read as one."""
        value = self._validated[0]
        return value if isinstance(value, model) else None

    def place(self, loc: Sequence[str | int], *, key: bool = False) -> tuple[int, int]:
        """Line and column of the value (or key) at `loc`, or of the nearest thing that exists."""
        return self.document.place(loc, key=key) if self.document is not None else (1, 1)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with its form: text, YAML subset, model."""
        from opsbook.core import codes
        from opsbook.core.code import Problem

        if self.data is None:
            return ()
        faults = list(self.document.faults) if self.document is not None else []
        if self.markdown is not None:
            faults = [*self.markdown.faults, *faults]
        found = [
            codes.FAULTS[fault.code].finding(
                Problem(fault.message, path=self.path, line=fault.line, column=fault.column)
            )
            for fault in faults
        ]
        if self.part.model is not None and self.document is None:
            found.append(codes.MOD001.finding(Problem(f"this {self.part.noun} has no front matter", path=self.path)))
        return (*found, *self._validated[1])


@lru_cache(maxsize=1024)
def _loaded(data: bytes) -> yaml.Document:
    """The values of a file; whoever acts reads the same record in the book before, in the book after, and again."""
    return yaml.load(data)


class Ref(NamedTuple):
    """Where a record is: its kind, its id and its folder or file."""

    kind: str
    id: str
    path: str


class Record:
    """A record of the book: what its files say.

    Args:
        ref: where it is.
        files: its files by path below its folder (`incident.yaml`), or `""` for a record that is one file.
        strays: paths that belong to no part of this kind.
    """

    def __init__(
        self, ref: Ref, shape: Shape, files: Mapping[str, File], strays: Sequence[tuple[str, str]] = ()
    ) -> None:
        self.ref = ref
        self.shape = shape
        self.files = files
        self.strays = strays

    @property
    def id(self) -> str:
        """Its id, as its folder or file says."""
        return self.ref.id

    @property
    def path(self) -> str:
        """Its folder or file."""
        return self.ref.path

    def only(self, name: str, model: type[M]) -> tuple[File, M] | None:
        """The file `name` and its content as `model`; `None` when missing or not readable as one."""
        file = self.files.get(name)
        value = file.get(model) if file is not None else None
        return (file, value) if file is not None and value is not None else None

    def each(self, pattern: str, model: type[M]) -> Iterator[tuple[File, M]]:
        """Every readable file that matches the pattern, by name, with its content as `model`."""
        for name in sorted(self.files):
            if fnmatchcase(name, pattern) and (value := self.files[name].get(model)) is not None:
                yield self.files[name], value

    @property
    def complete(self) -> bool:
        """Whether every required file is there and every file is readable."""
        return not any(
            finding.severity == "error" for file in self.files.values() for finding in file.findings
        ) and all(part.pattern in self.files for part in self.shape.parts if part.required)
