"""The kind `service`: the catalogue of what we run, and of what we depend on."""

from __future__ import annotations

import re

from opsbook.core.kind import Kind
from opsbook.core.record import Part
from opsbook.kinds.service.config import ServicesConfig
from opsbook.kinds.service.model import Service
from opsbook.kinds.service.page import sheets
from opsbook.kinds.service.rules import RULES

KIND = Kind(
    name="service",
    plural="services",
    folder="services",
    path=re.compile(r"(?P<id>[a-z0-9]+(?:-[a-z0-9]+)*)\.yaml"),
    depth=1,
    naming="services/<name>.yaml in lower case with hyphens, for example services/support-ticket-system.yaml",
    parts=(Part("", "service", schema="service", model=Service, required=True),),
    section=ServicesConfig,
    rules=RULES,
    sheets=sheets,
)
