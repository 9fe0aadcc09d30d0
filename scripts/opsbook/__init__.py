"""Opsbook: operations as code. One Git repository holds a team's incidents, runbooks and services."""

__version__ = "0.1.0"
