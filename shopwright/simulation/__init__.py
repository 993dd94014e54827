"""Simulation of a whole shop in one process with controlled clock, randomness and engines, for thousands of hours.

faults.py      databases and a provider that fail, answer late or not at all, and processes that die harness.py     the
shop, its customers, and what they were told actions.py     what they do invariants.py  what must hold all the same
run.py         a run by its seed, and the shortest failing scenario
"""
