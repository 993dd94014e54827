"""Simulation of a whole shop in one process with controlled clock, randomness and engines, for thousands of hours.

faults.py      databases and a provider that fail, answer late or not at all, and processes that crash
harness.py     the shop, its customers, and what was confirmed to them
actions.py     what the customers and staff do
invariants.py  what must hold whatever fails
run.py         a run by its seed, and the shortest failing scenario
"""
