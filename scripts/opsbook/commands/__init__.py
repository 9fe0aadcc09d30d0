"""The commands, collected from their modules: a file in one of these folders is a command, and nothing else lists it.

Its name is the file's with spaces (`site_build.py` is `site build`), its line of help the first line of its docstring.
That is read as text: the overview imports no command.
"""

import os

_HERE = os.path.dirname(__file__)  # noqa: PTH120 - `pathlib` alone would take longer than all the rest
_MOST, _FULL = (
    "what people do most, on the only open record or on the one that -i names",
    "the same in full, for scripts",
)
_WORKFLOW, _MAKER = "for workflows and maintenance", "for those who make a book"
_FOLDERS = (
    ("commands/everybody", _MOST),
    ("kinds/*/commands", _MOST),
    ("commands/workflow", _WORKFLOW),
    ("commands/maker", _MAKER),
)


class Found:
    """A command: its module and its line of help."""

    __slots__ = ("module", "summary")

    def __init__(self, module: str, summary: str) -> None:
        self.module = module
        self.summary = summary


def collected() -> dict[str, dict[str, Found]]:
    """Every command by name, in its group."""
    root = os.path.dirname(_HERE)  # noqa: PTH120
    kinds = [f"kinds/{kind}/commands" for kind in sorted(os.listdir(f"{root}/kinds"))]  # noqa: PTH208
    groups: dict[str, dict[str, Found]] = {_MOST: {}, _FULL: {}, _WORKFLOW: {}, _MAKER: {}}
    for pattern, group in _FOLDERS:
        for folder in kinds if "*" in pattern else [pattern]:
            for file in sorted(os.listdir(f"{root}/{folder}")) if os.path.isdir(f"{root}/{folder}") else ():  # noqa: PTH112, PTH208
                if file.endswith(".py") and file != "__init__.py":
                    with open(f"{root}/{folder}/{file}", encoding="utf-8") as source:  # noqa: PTH123
                        summary = source.readline().strip().strip('"')
                    module = f"opsbook.{folder.replace('/', '.')}.{file[:-3]}"
                    name = file[:-3].replace("_", " ")
                    groups[_group(name, group)][name] = Found(module, summary)
    return groups


def _group(name: str, group: str) -> str:
    """A bare word is what people do most; the long form of it is for scripts, and a draft for makers."""
    if group != _MOST or " " not in name:
        return group
    if name.startswith("import "):
        return _WORKFLOW
    return _MAKER if name.startswith("new ") else _FULL


def commands() -> dict[str, Found]:
    """Every command by name."""
    return {name: found for group in collected().values() for name, found in group.items()}


def named(words: list[str]) -> tuple[str, Found] | None:
    """The command that words begin with: the longer name counts, so that `drill score` is one beside `drill`."""
    table = commands()
    return next(((name, table[name]) for count in (2, 1) if (name := " ".join(words[:count])) in table), None)
