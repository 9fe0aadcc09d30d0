"""Finding a record or a page by what somebody sees or tries to do: words, the index of them, and the ranking."""
