"""GitHub as a forge and as a desk, through its API."""
