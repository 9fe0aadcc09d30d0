"""The commands: each module parses its arguments, builds a request, calls one function and prints."""
