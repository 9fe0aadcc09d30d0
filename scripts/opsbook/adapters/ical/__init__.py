"""Calendars at an address."""
