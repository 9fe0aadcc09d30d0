"""What is made of a book or of findings for people and machines to read."""
