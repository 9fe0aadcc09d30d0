"""The commands of the kind, as data: each module is one, and its first line is its line of help."""
