"""The shape of a kind of record: its name, its folder and its files. It is all that a book knows of a kind."""

from __future__ import annotations

import re
from typing import ClassVar, Final, Literal, NamedTuple

from pydantic import BaseModel

from opsbook.core.config import Section

PICTURES: Final = frozenset((".gif", ".jpeg", ".jpg", ".png", ".svg", ".webp"))
"""Files that are shown and not read."""


class Part(NamedTuple):
    """One sort of file in a record.

    Attributes:
        pattern: file name pattern below the record's folder (`timeline/*.yaml`); empty for a record that is one file.
        schema: name of its schema in `schemas/`, without `.schema.json`; empty for prose.
        noun: what the file is, for messages.
        model: the model of a YAML file, or of the front matter of a Markdown file.
        required: whether a record without it is incomplete.
    """

    pattern: str
    noun: str
    format: Literal["yaml", "markdown"] = "yaml"
    schema: str = ""
    model: type[BaseModel] | None = None
    required: bool = False

    @property
    def suffix(self) -> str:
        """How the names of its files end."""
        return ".md" if self.format == "markdown" else ".yaml"


class Shape:
    """Where the records of a kind lie, and what they are made of.

    Attributes:
        name: singular, as in the command line; plural: its section of `opsbook.yml` and of the site.
        folder: its top-level folder in a book.
        path: matches the path of a record below that folder, with the group `id`.
        depth: how many folders deep a record lies below `folder` (1 for `services/x.yaml`).
        naming: says what names look like, for messages.
        parts: its files.
        section: the model of its section of `opsbook.yml`.
        beside: how the names of files end that may lie beside its records and belong to none: pictures of pages.
        pages: what the site makes of it beside a page for each record; `*` stands for a folder of records.
        published: where a change goes: to a `branch` of the record, which people merge, or straight to `main`.
    """

    name: ClassVar[str]
    plural: ClassVar[str]
    folder: ClassVar[str]
    path: ClassVar[re.Pattern[str]]
    depth: ClassVar[int]
    naming: ClassVar[str]
    parts: ClassVar[tuple[Part, ...]]
    section: ClassVar[type[Section]] = Section
    beside: ClassVar[frozenset[str]] = frozenset()
    pages: ClassVar[tuple[str, ...]] = ()
    published: ClassVar[Literal["branch", "main"]] = "branch"

    @property
    def is_file(self) -> bool:
        """Whether a record is one file and not a folder."""
        return self.parts[0].pattern == ""

    def page(self, path: str) -> str:
        """The page of the record at a path; empty of a kind whose records have none."""
        return f"{path.removesuffix(self.parts[0].suffix) if self.is_file else path}.md"

    @property
    def is_page(self) -> bool:
        """Whether a record is one reviewed page, with links that are checked."""
        return self.is_file and self.parts[0].format == "markdown"
