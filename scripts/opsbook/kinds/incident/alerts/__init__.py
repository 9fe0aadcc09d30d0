"""Alerts of other systems: each vendor's payload is translated into the same event, and incidents follow events."""
