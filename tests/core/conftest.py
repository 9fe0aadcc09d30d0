"""Property tests of the core are judged by their promises, not by how busy the machine is."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("core", settings.default, deadline=None)
settings.load_profile("core")
