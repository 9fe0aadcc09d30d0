"""The one YAML loader and writer: a strict subset, every fault in its place, edits that touch nothing else.

`reader` reads, `syntax` words libyaml's errors for people, `nodes` knows where things lie, `writer` writes
canonical text, `editor` splices changes into text that people wrote, `tidier` puts keys in
order. Import from here, not from the parts.
"""

from __future__ import annotations

from opsbook.core.yaml.editor import DELETE, edit
from opsbook.core.yaml.reader import LIMIT, SYNTAX, UNREADABLE, Document, Fault, load, readable
from opsbook.core.yaml.tidier import disordered, ordered, trimmed
from opsbook.core.yaml.writer import dump

__all__ = [
    "DELETE",
    "LIMIT",
    "SYNTAX",
    "UNREADABLE",
    "Document",
    "Fault",
    "disordered",
    "dump",
    "edit",
    "load",
    "ordered",
    "readable",
    "trimmed",
]
