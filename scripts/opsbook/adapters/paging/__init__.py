"""Waking people: PagerDuty, and any other pager by a plain webhook."""
