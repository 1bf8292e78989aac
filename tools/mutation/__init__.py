"""The parts of tools/mutate.py: which statements a check needs, mutants, memory, runs, a report."""
