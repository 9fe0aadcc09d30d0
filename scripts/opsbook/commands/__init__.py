"""The commands, collected from their modules: a file in one of these folders is a command, and nothing else lists it.

Its name is the file's with spaces (`site_build.py` is `site build`), its line of help the first line of its docstring.
That is read as text: the overview imports no command.
"""

import os

_HERE = os.path.dirname(__file__)  # noqa: PTH120 - `pathlib` alone would take longer than all the rest
_FOLDERS = {
    "for everybody": "kinds/*/commands",
    "for workflows and maintenance": "commands/workflow",
    "for those who make a book": "commands/maker",
}


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
    groups: dict[str, dict[str, Found]] = {}
    for group, pattern in _FOLDERS.items():
        found: dict[str, Found] = {}
        for folder in kinds if "*" in pattern else [pattern]:
            for file in sorted(os.listdir(f"{root}/{folder}")) if os.path.isdir(f"{root}/{folder}") else ():  # noqa: PTH112, PTH208
                if file.endswith(".py") and file != "__init__.py":
                    with open(f"{root}/{folder}/{file}", encoding="utf-8") as source:  # noqa: PTH123
                        summary = source.readline().strip().strip('"')
                    module = f"opsbook.{folder.replace('/', '.')}.{file[:-3]}"
                    found[file[:-3].replace("_", " ")] = Found(module, summary)
        groups[group] = found
    return groups


def commands() -> dict[str, Found]:
    """Every command by name."""
    return {name: found for group in collected().values() for name, found in group.items()}
