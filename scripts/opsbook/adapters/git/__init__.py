"""Git: a clone on this machine as a forge, and what the other forges read with it."""
