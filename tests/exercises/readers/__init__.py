"""Answers to the exercises as readers write them; test_readers.py says what becomes of each."""
