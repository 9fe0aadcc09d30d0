"""Names that become refs, paths and trailers: checked here, before anything is made of them."""

from __future__ import annotations

import re

from opsbook.core.errors import Refused

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_RECEIPT = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,99}/[A-Za-z0-9][A-Za-z0-9-]{0,199}")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\\ud800-\udfff]")


def is_word(text: str) -> bool:
    """Whether `text` can be one component of a ref and of a path: letters, digits, `_` and `-`, at most 100."""
    return _WORD.fullmatch(text) is not None


def record_name(record: str) -> str:
    """The id of a record, fit for a ref and a folder.

    Raises:
        Refused: it holds anything but letters, digits, `_` and `-`.
    """
    if not is_word(record):
        raise Refused(f"{record!r} is not the id of a record.", "Ids look like INC-20261121-7KQ4M.")
    return record


def operation_name(key: str) -> str:
    """An operation key, fit for a trailer and a file name.

    Raises:
        Refused: it holds anything but letters, digits, `_` and `-`.
    """
    if not is_word(key):
        raise Refused(f"{key!r} cannot be an operation key.", "Use letters, digits, `_` and `-` only.")
    return key


def receipt_name(key: str) -> str:
    """The key of a receipt, `<record>/<announcement>` as `Announcement.key` makes it.

    Raises:
        Refused: it is not two words.
    """
    if not _RECEIPT.fullmatch(key):
        raise Refused(f"{key!r} cannot be the key of a receipt.", "Keys come from `Announcement.key`.")
    return key


def book_path(path: str) -> str:
    """A path that a plan may write: relative, POSIX, without `.`, `..`, `.git`, control characters or backslashes.

    Raises:
        Refused: it is none.
    """
    parts = path.split("/")
    if _UNSAFE.search(path) or any(part in ("", ".", "..") or part.lower() == ".git" for part in parts):
        raise Refused(f"{path!r} is not a safe path in the book.", "Nothing was written.")
    return path
