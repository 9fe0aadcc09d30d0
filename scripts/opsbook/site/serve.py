"""The site while it is written: staged again when a file of the book changes."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Event

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from opsbook.core.errors import OpsbookError
from opsbook.site.build import ENVIRONMENT, Progress, command
from opsbook.site.page import Page
from opsbook.site.stage import Stage, stage

_SETTLE = 0.2
"""Seconds without a change before pages are made again: editors and Git write several files at once."""

_POLL = 0.5
"""Seconds between two looks at whether MkDocs is still there."""

_CHANGES = frozenset({"created", "deleted", "modified", "moved"})


def serve(
    pages: Callable[[], Iterable[Page]],
    root: Path,
    out: Path,
    *,
    watch: Iterable[str],
    address: str = "127.0.0.1:8000",
    on_progress: Progress,
) -> None:
    """Stage, serve with MkDocs, and stage again on every change, until the person interrupts.

    A page that cannot be made is told, and the last good site stays up: the next change tries again.

    Args:
        pages: makes every page from the book as it is now.
        root: the book's folder; out: the folder of the stage.
        watch: names of folders in `root` to watch with all that is in them, beside the files of `root`.
        address: host and port to listen on.

    Raises:
        SiteFault: the first stage cannot be made.
        OpsbookError: MkDocs ended by itself.
    """
    stage(pages(), root, out)
    changed = Event()
    observer = Observer()
    handler = _Handler(changed)
    observer.schedule(handler, str(root))
    for name in watch:
        if (root / name).is_dir():
            observer.schedule(handler, str(root / name), recursive=True)
    observer.start()
    config = out / "mkdocs.yml"
    ended = signal.signal(signal.SIGTERM, signal.default_int_handler)  # else MkDocs would outlive a kill
    process = subprocess.Popen(
        command("serve", "--livereload", "--config-file", config, "--dev-addr", address), env=ENVIRONMENT
    )
    try:
        while process.poll() is None:
            if not changed.wait(_POLL):
                continue
            while changed.is_set():
                changed.clear()
                changed.wait(_SETTLE)
            _again(lambda: stage(pages(), root, out), on_progress)
        raise OpsbookError("MkDocs ended by itself; its last lines say why")
    except KeyboardInterrupt:
        on_progress("stopped")
    finally:
        observer.stop()
        process.terminate()
        process.wait()
        observer.join()
        signal.signal(signal.SIGTERM, ended)


def _again(make: Callable[[], Stage], on_progress: Progress) -> None:
    try:
        made = make()
    except OpsbookError as error:
        on_progress(f"not staged: {error.message}")
        return
    if made.written or made.removed:
        on_progress(f"staged again: {made.written} written, {made.removed} removed")


class _Handler(FileSystemEventHandler):
    def __init__(self, changed: Event) -> None:
        self._changed = changed

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type in _CHANGES and not event.is_directory:
            self._changed.set()
