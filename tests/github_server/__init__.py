"""A GitHub for tests: it speaks GitHub's own description of its API over a real bare Git repository."""
