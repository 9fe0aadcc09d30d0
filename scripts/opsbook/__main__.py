"""`python -m opsbook`."""

from opsbook.cli import entry

entry()
