"""Codes that are no rules: for the form of a file, found while reading it, and for suppressions, judged at the end."""

from __future__ import annotations

from opsbook.core.code import Code


class FIL001(Code):
    """Not a plain file.

    Put the content itself here: a symbolic link, a submodule or a special file can show one thing to a reviewer and
    another to the site.
    """

    always = True


class FIL002(Code):
    """A file that belongs to no record.

    Move it to where it belongs, or delete it. Only files that the record reference names are kept here, because
    whatever lies in these folders may be published.
    """

    always = True


class FIL003(Code):
    """A required file is missing.

    Restore it from the history (`git log -- PATH`), or write it: the record reference shows what belongs in it.
    """

    always = True


class YML001(Code):
    """Not readable as text.

    Save it as UTF-8 without a byte order mark, with LF line ends, within the size limit, and without characters that
    nobody can see (bidirectional controls, zero-width characters): they can make text read differently from what it is.
    """

    always = True


class YML002(Code):
    """Not YAML.

    Correct the line that is named; everything after it could not be read. A text with a colon or a # needs quotes.
    """

    always = True


class YML003(Code):
    """A key that is there twice, or is not text.

    Keep one of them: programs disagree about which one counts.
    """

    always = True


class YML004(Code):
    """A feature of YAML that records do not use.

    Write the value out. Anchors, aliases, merge keys, tags, directives and several documents in a file make one text
    mean different things to different programs.
    """

    always = True


class YML005(Code):
    """Too deeply nested.

    Flatten it: no record needs more than 16 levels.
    """

    always = True


class MOD001(Code):
    """A required field is missing.

    Add it. The schema in the first line of the file lets your editor complete it.
    """

    suppressible = False


class MOD002(Code):
    """A field that does not exist.

    Correct its name or remove it; the record reference lists the fields.
    """

    suppressible = False


class MOD003(Code):
    """A value that does not fit.

    Write it in the form that the message names.
    """

    suppressible = False


class MOD004(Code):
    """A word that opsbook.yml does not define.

    Use one of the words that it names, or add the new one to `opsbook.yml` first: one line in one file.
    """

    suppressible = False


class SUP001(Code):
    """A suppression that allows nothing.

    Remove the comment, or the code that the message names: what it allowed is gone, or lies on another line. Left in
    place it would hide the next fault.
    """

    severity = "warning"  # what it allowed may go with time or by an action: nobody must be stopped by that
    suppressible = False


class SUP002(Code):
    """A suppression that cannot be followed.

    Write it as `opsbook: allow INC012 because …` in one comment, at the end of the line that has the finding or alone
    on the line above, with codes that may be suppressed and a reason that a reviewer can judge.
    """

    suppressible = False


FAULTS: dict[str, type[Code]] = {code.__name__: code for code in (YML001, YML002, YML003, YML004, YML005)}
FORM: tuple[type[Code], ...] = (
    FIL001,
    FIL002,
    FIL003,
    YML001,
    YML002,
    YML003,
    YML004,
    YML005,
    MOD001,
    MOD002,
    MOD003,
    MOD004,
)
SUPPRESSIONS: tuple[type[Code], ...] = (SUP001, SUP002)
