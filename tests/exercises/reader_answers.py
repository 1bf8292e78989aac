"""Answers as readers write them: the modules of readers/ mark theirs by these decorators.

Further arguments of each are phrases that the text of the verdict holds.
"""

import pytest

ANSWERS = []  # id, function, kind and misconception of the verdict, phrases


def wrong(id, misconception, *phrases):
    """Mark a wrong answer to an exercise, and the misconception that it is to be told."""
    return _marked(id, "misconception", misconception, phrases)


def refused(id, kind, *phrases):
    """Mark a wrong answer that no misconception explains, and the kind of its verdict."""
    return _marked(id, kind, None, phrases)


def right(id, *phrases):
    """Mark a right answer to an exercise."""
    return _marked(id, "right", None, phrases)


def _marked(id, kind, misconception, phrases):
    def mark(function):
        words = id, function.__name__.strip("<>"), misconception or kind.replace(" ", "_")
        expected = kind, misconception, phrases
        ANSWERS.append(pytest.param(id, function, *expected, id="-".join(words)))
        return function

    return mark
