"""What each rule finds and what it lets pass, as data: one file for each code, explained in README.md."""
