"""The site while it is written: made again when a file of the book changes, and shown again by the browser."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Condition, Event, Thread
from typing import Final

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from opsbook.core.errors import OpsbookError, UsageError
from opsbook.site.generator import Progress

_SETTLE: Final = 0.1
"""Seconds without a change before pages are made again: editors and Git write several files at once."""

_CHANGES: Final = frozenset({"created", "deleted", "modified", "moved"})

_EVENTS: Final = "/.opsbook/changes"
_SCRIPT: Final = f'<script>new EventSource("{_EVENTS}").onmessage = () => location.reload()</script>'.encode()
_KEEP: Final = 15.0
"""Seconds after which a browser that waits for a change is written to, so that one that went is noticed."""


def serve(
    make: Callable[[], int],
    root: Path,
    output: Path,
    *,
    watch: Iterable[str],
    address: str = "127.0.0.1:8000",
    on_progress: Progress,
) -> None:
    """Make the site, serve it, and make it again on every change, until the person interrupts.

    A site that cannot be made is told, and the last good one stays up: the next change tries again.

    Args:
        make: makes the site in the folder `output` from the book as it is now, and says how many pages changed.
        root: the book's folder; watch: names of folders in it to watch with all that is in them, beside its files.
        address: host and port to listen on.

    Raises:
        SiteFault: the site cannot be made at first.
        UsageError: the address cannot be listened on.
    """
    make()
    changed, site = Event(), _Served(output)
    observer = Observer()
    handler = _Watching(changed)
    observer.schedule(handler, str(root))
    for name in watch:
        if (root / name).is_dir():
            observer.schedule(handler, str(root / name), recursive=True)
    server = _listening(address, site)
    observer.start()
    Thread(target=server.serve_forever, daemon=True).start()
    ended = signal.signal(signal.SIGTERM, signal.default_int_handler)
    host, port = server.server_address[:2]
    try:
        on_progress(f"serving http://{host!s}:{port}/ until you press Ctrl-C")
        while True:
            changed.wait()
            while changed.is_set():
                changed.clear()
                changed.wait(_SETTLE)
            try:
                count = make()
            except OpsbookError as error:
                on_progress(f"not made: {error.message}")
                continue
            if count:
                on_progress(f"made again: {count} pages")
                site.tell()
    except KeyboardInterrupt:
        on_progress("stopped")
    finally:
        observer.stop()
        site.end()
        server.shutdown()
        server.server_close()
        observer.join()
        signal.signal(signal.SIGTERM, ended)


def _listening(address: str, site: _Served) -> ThreadingHTTPServer:
    host, _, port = address.rpartition(":")
    try:
        server = ThreadingHTTPServer((host or "127.0.0.1", int(port)), partial(_Handler, site))
    except (OSError, ValueError, OverflowError) as error:
        raise UsageError(f"{address} cannot be listened on: {error}", "Name another: --address HOST:PORT") from None
    server.daemon_threads = True
    return server


class _Served:
    """What is served, and how often it changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0
        self.ended = False
        self._changed = Condition()

    def tell(self) -> None:
        """Let every browser show its page again."""
        with self._changed:
            self.count += 1
            self._changed.notify_all()

    def end(self) -> None:
        """Let go of every browser."""
        self.ended = True
        self.tell()

    def wait(self, count: int) -> int:
        """How often it changed, as soon as that is another number than `count`, or after a while."""
        with self._changed:
            self._changed.wait_for(lambda: self.count != count, timeout=_KEEP)
            return self.count


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, site: _Served, *args: object) -> None:
        self._site = site
        super().__init__(*args, directory=str(site.folder))  # type: ignore[arg-type]

    def do_GET(self) -> None:
        if self.path == _EVENTS:
            self._events()
            return
        path = Path(self.translate_path(self.path))
        page = path / "index.html" if path.is_dir() and self.path.partition("?")[0].endswith("/") else path
        if page.suffix != ".html" or not page.is_file():
            super().do_GET()
            return
        data = page.read_bytes() + _SCRIPT
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-cache")
        self.end_headers()
        self.wfile.write(data)

    def _events(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        count = self._site.count
        try:
            while not self._site.ended:
                now = self._site.wait(count)
                self.wfile.write(b": still here\n\n" if now == count else b"data: changed\n\n")
                self.wfile.flush()
                count = now
        except OSError:
            pass  # the browser went

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of each request."""


class _Watching(FileSystemEventHandler):
    def __init__(self, changed: Event) -> None:
        self._changed = changed

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type in _CHANGES and not event.is_directory:
            self._changed.set()
