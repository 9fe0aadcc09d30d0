"""The world behind the ports: one vendor each. Only the wiring imports from here."""
