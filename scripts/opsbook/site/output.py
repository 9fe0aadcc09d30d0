"""A folder in which only what changed is written, and which is as it was until everything is ready."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from opsbook.core.errors import SiteFault


class Made(NamedTuple):
    """A file to publish.

    Attributes:
        name: its path below the folder.
        key: changes whenever the content does.
        data: gives the content; asked only when it is needed.
    """

    name: str
    key: str
    data: Callable[[], bytes]


def key(*parts: bytes) -> str:
    """A short name of some content."""
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:32]


def publish(files: Iterable[Made], output: Path, work: Path) -> list[str]:
    """Make a folder hold these files and no other, and say which of them were written.

    A file stays where its key is the one of before and nobody touched it. A folder that is new appears at once; in one
    that is there each file is replaced at once, when all are ready.

    Args:
        work: a folder of ours, for what is known of the one of before.

    Raises:
        SiteFault: the folder cannot be written.
    """
    manifest = work / f"output-{key(str(output.resolve()).encode())[:16]}.json"
    fresh = output.with_name(output.name + ".new")
    try:
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        before, there = _known(manifest), dict(files_in(output))
        now: dict[str, str] = {}
        written = []
        for name, word, data in files:
            now[name] = word
            if before.get(name) == [word, *there.get(name, ())]:
                continue
            target = fresh / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data())
            written.append(name)
        manifest.unlink(missing_ok=True)  # from here on the folder is neither the one of before nor the new one
        if output.exists():
            _into(output, fresh, written, there.keys() - now.keys())
        else:
            fresh.rename(output)
        there |= {name: _at(os.stat(output / name, follow_symlinks=False)) for name in written}  # noqa: PTH116
        manifest.write_text(json.dumps({name: [word, *there[name]] for name, word in now.items()}), "utf-8")
    except OSError as error:
        raise SiteFault(f"{output} cannot be written: {error.strerror}", "Name another folder: --output DIR") from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return written


def _known(manifest: Path) -> dict[str, list[object]]:
    try:
        return dict(json.loads(manifest.read_text("utf-8")))
    except (OSError, ValueError):
        return {}


def files_in(folder: Path) -> Iterator[tuple[str, tuple[int, int]]]:
    """Every file below a folder, with its size and when it changed."""
    lead = len(str(folder)) + 1
    folders = [str(folder)]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    else:
                        yield entry.path[lead:], _at(entry.stat(follow_symlinks=False))
        except FileNotFoundError:
            return


def _at(status: os.stat_result) -> tuple[int, int]:
    return status.st_size, status.st_mtime_ns


def _into(output: Path, fresh: Path, written: Iterable[str], gone: Iterable[str]) -> None:
    for name in gone:
        (output / name).unlink()
        for folder in (output / name).parents:
            if folder == output or any(folder.iterdir()):
                break
            folder.rmdir()
    for name in written:
        target = output / name
        if not target.parent.is_dir():
            target.parent.mkdir(parents=True)
        if target.is_dir() and not target.is_symlink():
            shutil.rmtree(target)
        (fresh / name).replace(target)
