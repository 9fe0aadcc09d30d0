"""Drafts from the cookiecutter templates that ship in the package."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from importlib.resources import as_file, files
from pathlib import Path

from opsbook.core.errors import Refused
from opsbook.core.start import Value
from opsbook.core.text import visible

Draft = tuple[str, Mapping[str, Value]]


def draft(drafts: Iterable[Draft], book: Path, *, keeps: Collection[str] = ()) -> list[str]:
    """Write the files of some templates into the folder `book`, all or none; nothing that exists is touched.

    `generate_files` is called and not `cookiecutter()`, which would render the values themselves as templates and
    write into the home folder; there are no hooks. Values that become paths are slugs by now, and values that go into
    YAML are quoted here, so that a title is a title whatever it holds.

    Args:
        drafts: each the name of a folder of `opsbook/templates`, and values for the variables of its
            `cookiecutter.json`.
        keeps: files that stay as they are where they exist.

    Returns:
        the paths that were written, relative to `book`.

    Raises:
        Refused: a file of the template exists already.
    """
    from cookiecutter.generate import generate_files

    with as_file(files("opsbook") / "templates") as templates, tempfile.TemporaryDirectory() as folder:
        for template, values in drafts:
            source = templates / template
            settings = json.loads((source / "cookiecutter.json").read_text("utf-8"))
            # What begins with an underscore is for cookiecutter: which files hold `${{ … }}` of GitHub's, for example.
            own = {name: value for name, value in settings.items() if name.startswith("_")}
            given = {name: _value(name, values.get(name, "")) for name in settings if name not in own} | own
            context = OrderedDict(cookiecutter=OrderedDict({**given, "book": "draft"}))
            generate_files(
                str(source), context=context, output_dir=folder, overwrite_if_exists=True, accept_hooks=False
            )
        made = Path(folder) / "draft"
        paths = sorted(path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file())
        paths = [path for path in paths if path not in keeps or not (book / path).exists()]
        for path in paths:
            if (book / path).exists() or (book / path).is_symlink():
                raise Refused(f"{path} exists.", "Nothing was written.")
        for path in paths:
            target = book / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(made / path, target)
    return paths


_CHECKED = frozenset({"slug", "area", "name", "owner", "ours", "program", "id", "login", "channel", "users"})
"""Variables whose values were checked to be slugs, words, dates or pins; the others are people's words."""


def _value(name: str, value: Value) -> Value:
    if not isinstance(value, str):
        return [{key: str(_value(key, word)) for key, word in entry.items()} for entry in value]
    return value if name in _CHECKED else json.dumps(visible(value), ensure_ascii=False)
