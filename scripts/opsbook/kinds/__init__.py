"""The kinds of records: one folder each, found by the registry."""
