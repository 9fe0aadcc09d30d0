"""The only reader of the environment and the only importer of adapters: builds what commands are given.

An adapter that only some commands need is imported where it is used, so that the others do not wait for it.
"""

from opsbook.wiring.workspace import open_workspace

__all__ = ["open_workspace"]
