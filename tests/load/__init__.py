"""A crowd that writes to one book at the same moment, and an auditor who shares no code with the program.

`python -m tests.load` (`make load`) runs it at full scale and prints what it measured; `tests/test_load.py` runs a
small crowd with every test run.
"""
