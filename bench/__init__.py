"""Benchmarks: each figure beside its floor."""
