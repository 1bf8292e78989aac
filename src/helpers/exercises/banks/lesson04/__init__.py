"""The exercises of lesson 04, language models: one file an exercise."""
