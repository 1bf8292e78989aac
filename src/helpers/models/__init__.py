"""What the lessons define, made by tools/models.py; only digits.py is written by hand."""
