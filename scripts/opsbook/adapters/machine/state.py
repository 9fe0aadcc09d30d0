"""What this machine remembers between two commands: intents, the outbox and the log, in the state folder."""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from opsbook.adapters.machine import locks
from opsbook.core.errors import ForgeError, OpsbookError, Refused
from opsbook.core.ids import operation_key
from opsbook.core.names import is_word, operation_name, record_name
from opsbook.core.unseen import Unseen

if TYPE_CHECKING:
    from opsbook.core.plan import Intent
    from opsbook.core.request import Request

VERSION = 1
"""The format of an intent file."""

_WAIT_SECONDS = 30.0


class StateError(OpsbookError):
    """The state folder cannot be used: nothing was begun."""


def state_folder(common: Path | None) -> Path:
    """Where this machine keeps its state: beside the clone's own, or the user's state folder outside of Git.

    Args:
        common: `Repository.common`, or nothing.
    """
    if common is not None:
        return common / "opsbook"
    from platformdirs import user_state_path

    return user_state_path("opsbook")


def log_file(folder: Path) -> Path:
    """The file for unexpected errors, its folder made; at most about 1 MB, then one older file is kept."""
    path = folder / "log" / "errors.log"
    _make(path.parent)
    with suppress(OSError):
        if path.stat().st_size > 1_000_000:
            path.replace(path.with_suffix(".log.1"))
    return path


def try_folder(folder: Path) -> None:
    """Write a file in the state folder and take it away again, with the folders that were made for it.

    Raises:
        StateError: it cannot be written.
    """
    made = []
    for above in (folder, *folder.parents):
        if above.exists():
            break
        made.append(above)
    path = folder / f"try-{secrets.token_hex(6)}"
    try:
        _make(folder)
        write(path, b"x")
        with suppress(OSError):
            path.unlink()
    finally:
        with suppress(OSError):
            for above in made:
                above.rmdir()


class FileIntents:
    """Intents (`core.ports.Intents`) as files `intents/<key>.json`, each with a lock file beside it.

    A process holds the lock for as long as it works on the intent; the system releases it when the process dies,
    which is what makes an intent an orphan. Files appear whole or not at all, and are on disk before `hold` goes on.

    Args:
        folder: the state folder.
        read: makes a request of the JSON values that it was stored as; raises `Refused` for what is none.
    """

    def __init__(self, folder: Path, read: Callable[[Any], Request]) -> None:
        self._folder = folder / "intents"
        self._read = read
        self._held: dict[str, int] = {}

    @contextmanager
    def hold(self, request: Request, now: datetime, seed: bytes, *, key: str | None = None) -> Iterator[Intent]:
        """See `Intents.hold`.

        Args:
            key: the operation key when the intake gives one (issue number, run id, view id); by default it comes
                from the seed, and an orphan of an equal request is adopted.

        Raises:
            Refused: an intent with this key holds another request.
            ForgeError: a living process is at work on this key.
            StateError: the disk refused.
        """
        _make(self._folder)
        if key is None:
            intent, lock = self._adopt(request) or self._open(operation_key(seed), request, now, seed)
        else:
            intent, lock = self._open(operation_name(key), request, now, seed)
        self._held[intent.key] = lock
        try:
            yield intent
        finally:
            del self._held[intent.key]
            os.close(lock)

    def remember(self, key: str, attempts: Mapping[str, str]) -> None:
        """See `Intents.remember`."""
        with self._locked(key) as free:
            read = self._load(self._path(key)) if free else None
            if read is None:
                raise StateError(f"The intent {key} is gone or belongs to another process.", "Run `opsbook reconcile`.")
            order, intent = read
            self._write(replace(intent, attempts={**intent.attempts, **attempts}), order)

    def acknowledge(self, key: str) -> None:
        """See `Intents.acknowledge`. One that another process has adopted is left to it."""
        with self._locked(key) as free:
            try:
                if free:
                    self._path(key).unlink(missing_ok=True)
                    _flush(self._folder)
                    # Waiters find out that the lock file is gone and start again (`locks.take`).
                    self._lock(key).unlink(missing_ok=True)
            except OSError as error:
                message = f"It is done, and {self._path(key)} cannot be deleted: {error.strerror}."
                raise StateError(message, "Look at who owns its folder; nothing is done twice.") from None

    def orphans(self) -> Sequence[Intent]:
        """See `Intents.orphans`. Also clears away what a killed process left half made."""
        for path in self._files(".lock"):
            with suppress(OSError, StateError), self._locked(path.stem) as free:
                if free and not self._path(path.stem).exists():
                    path.unlink(missing_ok=True)
        return [intent for intent in self.saved() if intent.key not in self._held and self._is_free(intent.key)]

    def saved(self) -> Sequence[Intent]:
        """See `Intents.saved`. It takes no lock and writes nothing: files appear whole."""
        found = []
        for path in self._files(".json"):
            with suppress(_Damaged):
                if (read := self._load(path)) is not None:
                    found.append(read)
        return [intent for _, intent in sorted(found, key=lambda item: (item[0], item[1].now, item[1].key))]

    def damaged(self) -> Sequence[Unseen]:
        """See `Intents.damaged`: also those that an older program set aside."""
        try:
            paths = sorted(self._folder.iterdir())
        except FileNotFoundError:
            return []
        except OSError as error:
            why = f"{self._folder} cannot be listed: {error.strerror}."
            return [Unseen("the requests that are saved on this machine", why, "Look at who owns it.")]
        faults = ((path, self._fault(path)) for path in paths if path.suffix in (".json", ".broken"))
        return [Unseen.of(f"a saved request, {path}", fault) for path, fault in faults if fault is not None]

    def _is_free(self, key: str) -> bool:
        """Whether no living process works on it and it is still there; one that cannot be locked is nobody's."""
        try:
            with self._locked(key) as free:
                return free and self._path(key).exists()
        except StateError:
            return True

    def _adopt(self, request: Request) -> tuple[Intent, int] | None:
        """An orphan of an equal request, and its lock."""
        wanted = request.fingerprint()
        for path in self._files(".json"):
            key = path.stem
            try:
                lock = _take(self._lock(key)) if key not in self._held else None
            except StateError:  # another account made it, perhaps: it stops no other
                lock = None
            if lock is None:
                continue
            # Read under the lock: before it, its owner may have acknowledged it.
            with suppress(_Damaged):
                read = self._load(path)
                if read is not None and read[1].request.fingerprint() == wanted:
                    return read[1], lock
                if read is None:
                    self._lock(key).unlink(missing_ok=True)
            os.close(lock)
        return None

    def _open(self, key: str, request: Request, now: datetime, seed: bytes) -> tuple[Intent, int]:
        """The intent of this key: the one that is there, or a new one."""
        lock = _take(self._lock(key), seconds=_WAIT_SECONDS)
        if lock is None:
            raise ForgeError(f"Another process is at work on the operation {key}.", "Wait until it has ended.")
        from opsbook.core.plan import Intent

        try:
            try:
                read = self._load(self._path(key))
            except _Damaged as fault:
                self._set_aside(key, fault)
                read = None
            intent = read[1] if read is not None else Intent(key, request, now.astimezone(UTC), seed)
            if read is None:
                self._begin(intent)
            _same_request(intent, request)
        except BaseException:
            os.close(lock)
            raise
        return intent, lock

    @contextmanager
    def _locked(self, key: str) -> Iterator[bool]:
        """The lock of a key, unless this object holds it already; whether we may write."""
        if operation_name(key) in self._held:
            yield True
            return
        lock = _take(self._lock(key)) if self._folder.is_dir() else None
        try:
            yield lock is not None
        finally:
            if lock is not None:
                os.close(lock)

    def _set_aside(self, key: str, fault: _Damaged) -> None:
        """Make room for a key that is asked for again; what is set aside is still told to people."""
        path = self._path(key)
        if fault.remedy != _LOOK:
            raise StateError(f"{path} is in the way. {fault.message}", fault.remedy)
        aside = path.with_suffix(".broken")
        path.replace(path.with_name(f"{key}-{secrets.token_hex(4)}.broken") if aside.exists() else aside)

    def _begin(self, intent: Intent) -> None:
        """Write an intent for the first time, behind all that are there; what cannot be kept safe was not begun."""
        last = 0
        for path in self._files(".json"):
            with suppress(_Damaged):
                last = max(last, (self._load(path) or (0,))[0])
        try:
            self._write(intent, last + 1)
        except StateError:
            with suppress(OSError):
                self._path(intent.key).unlink(missing_ok=True)
            if not self._path(intent.key).exists():  # else it was begun, and `reconcile` would find it
                raise

    def _write(self, intent: Intent, order: int) -> None:
        value = {
            "version": VERSION,
            "order": order,
            "request": intent.request.as_json(),
            "now": intent.now.astimezone(UTC).isoformat(),
            "seed": base64.b64encode(intent.seed).decode(),
            "told": dict(intent.attempts),
        }
        write(self._path(intent.key), json.dumps(value, indent=1).encode() + b"\n")

    def _load(self, path: Path) -> tuple[int, Intent] | None:
        """An intent, and its place in the order in which they were written; `None` when it is not there.

        Raises:
            _Damaged: it is no intent of this program.
        """
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _Damaged(f"It cannot be read: {error.strerror}.", "Look at who owns it.") from None
        from opsbook.core.plan import Intent

        try:
            value = json.loads(data)
            if value["version"] > VERSION:
                raise _Damaged("A newer version of this program wrote it.", _NEWER)
            now, seed = datetime.fromisoformat(value["now"]), base64.b64decode(value["seed"], validate=True)
            order, attempts = int(value.get("order", 0)), dict(value["told"])
            request = self._read(value["request"])
            return order, Intent(path.stem, request, now.astimezone(UTC), seed, attempts)
        except Refused as error:
            raise _Damaged(f"This program cannot carry it out: {error.message}", _NEWER) from None
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise _Damaged(_UNREADABLE, _LOOK) from None

    def _fault(self, path: Path) -> _Damaged | None:
        """What is wrong with a file of an intent."""
        try:
            whole = path.suffix == ".json" and (self._load(path) is None or is_word(path.stem))
        except _Damaged as fault:
            return fault
        return None if whole else _Damaged(_UNREADABLE, _LOOK)

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.json"

    def _lock(self, key: str) -> Path:
        return self._folder / f"{key}.lock"

    def _files(self, suffix: str) -> list[Path]:
        try:
            return sorted(path for path in self._folder.iterdir() if path.suffix == suffix and is_word(path.stem))
        except OSError:  # not there yet; and of one that cannot be listed `damaged` tells
            return []


_UNREADABLE = "Nothing can be made of it: it was cut off, or it is none of this program's."
_NEWER = "Finish it with the program that wrote it: opsbook reconcile"
_LOOK = "Open it, do by hand what it still says, and then delete it."


class _Damaged(StateError):
    """A file of which this program can make no intent."""


def _same_request(intent: Intent, request: Request) -> None:
    if intent.request.fingerprint() != request.fingerprint():
        raise Refused(
            f"The operation {intent.key} was asked for before, with other content.",
            "Ask again under a new key (a new issue, run or dialogue).",
        )


class FileOutbox:
    """Texts for a person to read or to send by hand (`core.ports.Outbox`), as `outbox/<record>/<name>`.

    Args:
        folder: the state folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, record: str, name: str, text: str) -> str:
        """See `Outbox.keep`. A text of the same name is replaced.

        Args:
            name: a word, with `.md` or `.txt` behind it (`.txt` if nothing is).
        """
        path = self._path(record, name)
        _make(path.parent)
        write(path, _bytes(text))
        return str(path)

    def keep_new(self, record: str, name: str, text: str) -> tuple[str, bool]:
        """Write a text that must not exist yet; where it is, and whether this call wrote it."""
        path = self._path(record, name)
        _make(path.parent)
        return self._reference(path), write(path, _bytes(text), new=True)

    def find(self, record: str, name: str) -> str | None:
        """Where a text is; `None` when it is not there."""
        path = self._path(record, name)
        return self._reference(path) if path.is_file() else None

    def drop(self, record: str, name: str) -> None:
        """Remove a text, if it is there."""
        self._path(record, name).unlink(missing_ok=True)

    def clear(self, record: str) -> None:
        """See `Outbox.clear`."""
        for path in (self._folder / "outbox" / record_name(record)).glob("*"):
            path.unlink(missing_ok=True)

    def _path(self, record: str, name: str) -> Path:
        stem, dot, suffix = name.partition(".")
        if not is_word(stem) or (dot and suffix not in ("txt", "md")):
            raise Refused(f"{name!r} cannot be the name of a text.", "Use letters, digits, `_` and `-`.")
        return self._folder / "outbox" / record_name(record) / f"{stem}.{suffix or 'txt'}"

    def _reference(self, path: Path) -> str:
        return path.relative_to(self._folder).as_posix()


class NoOutbox:
    """Where texts must not be kept on this machine (`core.ports.Outbox`): those of the restricted book."""

    def keep(self, record: str, name: str, text: str) -> str:
        """Keeps nothing; raises `StateError`."""
        raise StateError("Texts of the restricted book are not kept on this machine.")

    def clear(self, record: str) -> None:
        """Nothing is kept."""


def _take(path: Path, *, seconds: float = 0.0) -> int | None:
    """See `locks.take`."""
    try:
        return locks.take(path, seconds=seconds)
    except OSError as error:
        remedy = "Look at who owns it; and keep the clone on a local disk."
        raise StateError(f"{path} cannot be locked: {error.strerror}.", remedy) from None


def write(path: Path, data: bytes, *, new: bool = False) -> bool:
    """Write a file that appears whole and is on disk when this returns.

    Args:
        new: the file must not exist.

    Returns:
        whether it was written; `False` only for a file that exists and had to be new.

    Raises:
        StateError: the disk refused.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with open(file, "wb") as opened:  # noqa: PTH123 - a descriptor, not a path
                opened.write(data)
                opened.flush()
                os.fsync(file)
            if new:
                # A link, unlike a rename, fails when the name is taken.
                path.hardlink_to(draft)
            else:
                draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        _flush(path.parent)
    except FileExistsError:
        return False
    except OSError as error:
        raise StateError(
            f"{path} cannot be written: {error.strerror}.", "Free some space, or look at its owner."
        ) from None
    return True


def _make(folder: Path) -> None:
    """Make a private folder, and see to it that it survives a loss of power."""
    if folder.is_dir():
        return
    try:
        if not folder.parent.is_dir():
            _make(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        _flush(folder.parent)
    except OSError as error:
        raise StateError(
            f"{folder} cannot be made: {error.strerror}.", "Look at who owns the folder above it."
        ) from None


def _flush(folder: Path) -> None:
    """Bring the names in a folder to disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")
