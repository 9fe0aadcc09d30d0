"""Git's own protocol beside the API: fetches and pushes, answered by Git itself (`git http-backend`)."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import SplitResult, parse_qs

from tests.github_server.repository import ENVIRONMENT


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


def serve(
    repository: Path, method: str, inside: str, query: str, headers: Mapping[str, str], body: bytes, *, write: bool
) -> tuple[int, bytes, dict[str, str]]:
    """Answer one request of a fetch or a push.

    Args:
        inside: the path behind the repository's.
        write: whether whoever asks may push.
    """
    if "receive-pack" in inside + query and not write:
        return 403, b"", {"Content-Type": "text/plain"}
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
        "CONTENT_TYPE": headers.get("Content-Type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_CONTENT_ENCODING": headers.get("Content-Encoding", ""),
        "GIT_PROTOCOL": headers.get("Git-Protocol", ""),
    }
    done = subprocess.run(["git", "http-backend"], input=body, capture_output=True, env=variables, check=False)
    head, _, data = done.stdout.partition(b"\r\n\r\n")
    fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
    return int(fields.pop("Status", "200").split()[0]), data, fields
