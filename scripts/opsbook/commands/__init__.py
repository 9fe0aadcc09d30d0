"""The commands: each module parses its arguments, builds a request, calls one function and prints."""

COMMANDS: dict[str, str] = {
    "declare": "declare an incident: in under a minute, alone or step by step",
    "incident list": "list incidents: the open ones, or all of them",
    "incident show": "show one incident: its facts, its timeline and how far its checklist is",
    "incident note": "add a note, a decision or a change to the timeline of an incident",
    "incident update": "change an incident: status, severity, roles, impact; tell tenants",
    "checklist show": "show the checklist of an incident and what is done",
    "checklist tick": "tick steps of an incident's checklist, or say why they are left out",
    "check": "check records, checklists, references and rules",
    "explain": "explain a code: what it means, why it matters and what to do",
    "runbook find": "find the runbook for what you try to do, or for an error you see",
    "new runbook": "draft a runbook: a page that somebody on call can follow",
    "new service": "draft a service: an entry of the catalogue, ours or not",
    "new book": "start a book for another team in an empty folder",
    "schema": "write the JSON Schemas that editors use, from the models and opsbook.yml",
    "forms": "write the forms that GitHub shows, from opsbook.yml and the services",
    "site build": "build the site",
    "site serve": "serve the site on this machine and follow changes",
    "merge": "merge declarations that pass the check, where opsbook.yml says so",
    "doctor": "say what is missing, by trying it: Git, settings, GitHub, Slack",
    "intake": "declare what somebody asks for with a form on GitHub, and answer it; for workflows",
    "announce": "tell people what was changed by hand, once it is on main",
    "nudge": "remind people of what is due in open incidents, once",
    "reconcile": "finish what was cut off: publish, tell, and tidy up",
}
"""Every command and its line of help, in the order of `opsbook --help`: the first line of its module's docstring.

It is written twice so that the help imports no command; a test compares the two."""
