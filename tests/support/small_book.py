"""A small, whole book for tests: every section of opsbook.yml, two services and a runbook with a checklist."""

from __future__ import annotations

OPSBOOK_YML = """\
version: 2
requires: ">=0.1"
title: Example operations
timezone: Europe/London
forge:
  main: main
  push: false
security:
  who: The security desk
  how: Call the number on the restricted page. Do not describe it in a chat.
  channel: security
roles:
  - id: oncall
    title: On-call engineer
teams:
  - id: shop
    title: Shop team
    channel: team
people:
  - id: oncall-a
    name: On-call engineer A
    roles: [oncall]
  - id: oncall-b
    name: On-call engineer B
    roles: [oncall]
channels:
  - id: incident
    name: "#incident"
    purpose: Working on the incident
    audience: Everybody.
  - id: team
    name: "#team"
    purpose: The team
    audience: The team.
  - id: security
    name: "#security"
    purpose: Learning that there is something
    audience: The security desk.
  - id: drill
    name: "#drill"
    purpose: Rehearsals
    audience: Everybody.
rotas:
  - id: on-call
    title: On call
    starts: 2026-01-05T09:00:00Z
    every: 1w
    people: [oncall-a, oncall-b]
incidents:
  severities:
    - id: P1
      title: Critical
      meaning: Users cannot use the service.
      update_every: 1h
      checklists: [incident-response/respond]
    - id: P2
      title: Major
      meaning: Users can use it with difficulty.
      update_every: 4h
    - id: P3
      title: Minor
      meaning: Few users notice.
  channels:
    incident: incident
    team: team
    drill: drill
  templates:
    - id: investigating
      title: We are looking
      status: investigating
      text: We are investigating {services}. Next update by {next_update}.
runbooks:
  areas:
    - id: incident-response
      title: Incident response
services:
  components:
    - id: shop
      title: Shop
"""

SERVICE = """\
name: {name}
title: {title}
description: What users call {title}.
ours: true
owner: shop
component: shop
"""

RUNBOOK = """\
---
title: Respond to an incident
owner: oncall
reviewed: 2026-10-19
review_in: 5000w # its tests are not about the day on which they run
---

# Respond to an incident

## Steps

| Step | Action | Owner |
| --- | --- | --- |
| 1 | Look at the dashboards. | oncall |
| 2 | Name a lead. | oncall |
| 3 | Tell the tenants. | shop |
"""

FILES: dict[str, str] = {
    "opsbook.yml": OPSBOOK_YML,
    "services/checkout.yaml": SERVICE.format(name="checkout", title="Checkout"),
    "services/search.yaml": SERVICE.format(name="search", title="Search"),
    "runbooks/incident-response/respond.md": RUNBOOK,
    "docs/readme.md": "# A page\n",
}
"""Path to text: the whole book."""

SITE: dict[str, str] = {
    "mkdocs.yml": "site_name: Example operations\n",
    **{f"docs/{name}/index.md": f"# {name}\n" for name in ("change", "help", "incident-process")},
    "docs/security-breach.md": "# I suspect a security breach\n",
}
"""What the small book lacks to be built: the pages that every site links to."""
