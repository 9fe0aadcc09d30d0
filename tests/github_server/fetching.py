"""Git's own protocol beside the API: fetches and pushes, answered by Git itself (`git http-backend`)."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import SplitResult, parse_qs

from tests.github_server.repository import ENVIRONMENT, Bare


def token_of(authorization: str) -> str | None:
    """The token of an `Authorization: Basic` header, as Git sends it."""
    kind, _, secret = authorization.partition(" ")
    if kind.lower() != "basic":
        return None
    return base64.b64decode(secret).decode(errors="replace").partition(":")[2]


def call_of(parts: SplitResult) -> str:
    """The name of a request of a fetch (`upload-pack`) or a push (`receive-pack`); `/refs` behind it asks what is there."""
    if parts.path.endswith("/info/refs"):
        return f"{parse_qs(parts.query).get('service', ['?'])[0].removeprefix('git-')}/refs"
    return parts.path.rpartition("/")[2].removeprefix("git-")


Said = tuple[int, bytes, dict[str, str]]
"""Status, body and headers of an answer."""

_REMEMBERED = 2000
_said: dict[tuple[object, ...], Said] = {}


def serve(
    repository: Path, method: str, inside: str, query: str, headers: Mapping[str, str], body: bytes, *, write: bool
) -> Said:
    """Answer one request of a fetch or a push.

    What Git has answered to a question it is not asked again for as long as the refs are the same, in any repository:
    all that it says follows from them. A sweep asks the same a thousand times, each time with two new processes.

    Args:
        inside: the path behind the repository's.
        write: whether whoever asks may push.
    """
    if "receive-pack" in inside + query and not write:
        return 403, b"", {"Content-Type": "text/plain"}
    fields = tuple(headers.get(name, "") for name in ("Content-Type", "Content-Encoding", "Git-Protocol"))
    if inside.endswith("/git-receive-pack"):
        return _git(repository, method, inside, query, fields, body)
    # What the second version of the protocol begins with is what Git can do, and no ref.
    names_refs = inside != "/info/refs" or query != "service=git-upload-pack" or fields[2] != "version=2"
    state = _state(repository, refs=names_refs)
    question = (method, inside, query, fields, body, state)
    if question not in _said:
        answer = _git(repository, method, inside, query, fields, body)
        if answer[0] != 200 or b"ERR " in answer[1][:100] or _state(repository, refs=names_refs) != state:
            return answer
        while len(_said) >= _REMEMBERED:
            del _said[next(iter(_said))]
        _said[question] = answer
    return _said[question]


def _state(repository: Path, *, refs: bool) -> tuple[object, ...]:
    """What an answer depends on: how the repository is set up, and refs."""
    files = [repository / name for name in ("HEAD", "config", "shallow")]
    texts = [path.read_bytes() if path.exists() else b"" for path in files]
    return (*texts, *(Bare(repository).refs("").items() if refs else ()))


def _git(repository: Path, method: str, inside: str, query: str, fields: tuple[str, ...], body: bytes) -> Said:
    kind, encoding, protocol = fields
    variables = {
        **ENVIRONMENT,
        "GIT_PROJECT_ROOT": str(repository.parent),
        "GIT_HTTP_EXPORT_ALL": "1",
        "REMOTE_USER": "somebody",
        "GIT_CONFIG_COUNT": "3",
        "GIT_CONFIG_KEY_2": "receive.autogc",
        "GIT_CONFIG_VALUE_2": "false",
        "GIT_CONFIG_KEY_1": "http.receivepack",
        "GIT_CONFIG_VALUE_1": "true",
        "GIT_CONFIG_KEY_0": "uploadpack.allowAnySHA1InWant",
        "GIT_CONFIG_VALUE_0": "true",
        "PATH_INFO": f"/{repository.name}{inside}",
        "QUERY_STRING": query,
        "REQUEST_METHOD": method,
        "CONTENT_TYPE": kind,
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_CONTENT_ENCODING": encoding,
        "GIT_PROTOCOL": protocol,
    }
    done = subprocess.run(["git", "http-backend"], input=body, capture_output=True, env=variables, check=False)
    head, _, data = done.stdout.partition(b"\r\n\r\n")
    found = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
    return int(found.pop("Status", "200").split()[0]), data, found
