"""Where the details of a defect of ours are kept."""

from __future__ import annotations

import os
import tempfile
import traceback
from datetime import UTC, datetime
from pathlib import Path

from opsbook.adapters.git.repository import Repository
from opsbook.core.errors import OpsbookError


def keep_traceback(error: BaseException) -> Path:
    """Append a traceback to the log in the state folder; returns the file. Holds no bodies and no tokens."""
    try:
        common = Repository(Path.cwd(), environment=os.environ).common
    except Exception:  # whatever is wrong with the repository must not hide the first failure
        common = None
    from opsbook.adapters.machine.state import log_file, state_folder

    frames = "".join(traceback.format_tb(error.__traceback__))
    text = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {type(error).__name__}\n{frames}\n"
    try:
        path = log_file(state_folder(common))
        with path.open("a", encoding="utf-8") as log:
            log.write(text)
    except (OSError, OpsbookError):
        handle, name = tempfile.mkstemp(prefix="opsbook-", suffix=".log", text=True)
        with os.fdopen(handle, "w", encoding="utf-8") as log:
            log.write(text)
        return Path(name)
    return path
