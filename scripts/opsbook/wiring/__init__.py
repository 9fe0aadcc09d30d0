"""The only reader of the environment and the only importer of adapters: builds what commands are given.

An adapter that only some commands need is imported where it is used, so that the others do not wait for it.
"""

import os

# No book needs a plugin of pydantic, and looking for one reads the metadata of every package that is installed.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

from opsbook.wiring.workspace import open_workspace

__all__ = ["open_workspace"]
