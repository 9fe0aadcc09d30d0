"""Pages that others wrote for other programs, read and translated: what `opsbook import runbooks` stands on."""
