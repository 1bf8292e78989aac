"""The exercises, lesson by lesson: what is right, and the known mistakes."""
