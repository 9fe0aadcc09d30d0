"""Benchmarks: what people wait for, measured side by side in one run. `python -m benchmarks` prints the table."""
