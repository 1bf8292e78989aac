"""The helper package of the course; each submodule is imported by the notebook that needs it."""
