"""Commands for workflows and maintenance: each module is one, and its first line is its line of help."""
