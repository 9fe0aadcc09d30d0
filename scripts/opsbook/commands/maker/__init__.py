"""Commands for those who make a book: each module is one, and its first line is its line of help."""
