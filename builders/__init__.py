"""One script for each shipped data file: `python -m builders.NAME`, from the course's folder."""
