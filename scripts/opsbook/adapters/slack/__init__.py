"""Slack as a sink."""
