"""The benchmarks: their figures can be trusted."""
