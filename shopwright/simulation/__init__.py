"""A whole shop in one process, with its clock, its chance and its engines in our hands: thousands of hours, any trouble.

faults.py    databases and a provider that fail, answer late or not at all, and processes that die
world.py     the shop, its customers, and what they were told
deeds.py     what they do
verdict.py   what must be true all the same
run.py       a run by its seed, and the shortest story that breaks
"""
