"""The exercises of lesson 11: one file an exercise."""
