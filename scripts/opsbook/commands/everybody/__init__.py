"""Commands of no kind that everybody uses: each module is one, and its first line is its line of help."""
