"""Exercise 11.1, One merge: what is right, and the known mistakes."""

from collections import Counter
from itertools import pairwise

from helpers.exercises.engine import Exercise

__all__ = ["EXERCISE"]


def merge_step(words, counts, new):
    totals = {}
    for word, count in zip(words, counts, strict=True):
        for i in range(len(word) - 1):
            pair = word[i], word[i + 1]
            totals[pair] = totals.get(pair, 0) + count
    left, right = min(totals, key=lambda pair: (-totals[pair], pair))
    merged_words = []
    for word in words:
        merged = []
        for token in word:
            if merged and (merged[-1], token) == (left, right):
                merged[-1] = new
            else:
                merged.append(token)
        merged_words.append(merged)
    return merged_words


def _totals(words, counts):
    """How often each pair occurs in the text."""
    totals = Counter()
    for word, count in zip(words, counts, strict=True):
        for pair in pairwise(word):
            totals[pair] += count
    return totals


def _smallest_of_the_best(totals):
    return min(totals, key=lambda pair: (-totals[pair], pair))


def _merged(word, pair, new):
    merged = []
    for token in word:
        if merged and (merged[-1], token) == pair:
            merged[-1] = new
        else:
            merged.append(token)
    return merged


def _merged_everywhere(words, pair, new):
    return [_merged(word, pair, new) for word in words]


def overlaps_merged_twice(words, counts, new):
    """Your function behaves exactly as if overlapping pairs were both merged: (7, 7) in [7, 7, 7]
    becomes two new tokens, which stand for four old ones. A token that has been merged is gone: go
    on after the pair, not after its first half."""
    pair = _smallest_of_the_best(_totals(words, counts))
    merged_words = []
    for word in words:
        left_ends = {i for i in range(len(word) - 1) if (word[i], word[i + 1]) == pair}
        right_ends = {i + 1 for i in left_ends}
        merged_words.append(
            [
                new if i in left_ends else token
                for i, token in enumerate(word)
                if i in left_ends or i not in right_ends
            ]
        )
    return merged_words


def merged_from_the_right(words, counts, new):
    """Your function merges from right to left: [7, 7, 7] becomes [7, new]. The order is from left
    to right, so it becomes [new, 7]."""
    left, right = _smallest_of_the_best(_totals(words, counts))
    return [_merged(word[::-1], (right, left), new)[::-1] for word in words]


def first_place_only(words, counts, new):
    """Your function merges the pair once in each word. Every occurrence is replaced, as far as they
    do not overlap."""
    pair = _smallest_of_the_best(_totals(words, counts))
    merged_words = []
    for word in words:
        places = [i for i in range(len(word) - 1) if (word[i], word[i + 1]) == pair][:1]
        for i in places:
            word = [*word[:i], new, *word[i + 2 :]]
        merged_words.append(list(word))
    return merged_words


def pairs_across_words(words, counts, new):
    """Your function also counts pairs made of the end of one word and the beginning of the next.
    The words were cut apart so that no merge crosses them: count inside each word."""
    totals = _totals(words, counts)
    for before, after in pairwise([word for word in words if word]):
        totals[before[-1], after[0]] += 1
    return _merged_everywhere(words, _smallest_of_the_best(totals), new)


def pairs_across_repeated_words(words, counts, new):
    """Your function writes the words one after the other, as often as they occur, and counts the
    pairs of that row. So it counts pairs across the ends of words too. Count inside each word."""
    row = [token for word, count in zip(words, counts, strict=True) for token in list(word) * count]
    return _merged_everywhere(words, _smallest_of_the_best(Counter(pairwise(row))), new)


def counts_of_words_ignored(words, counts, new):
    """Your function counts each word once. Word i occurs counts[i] times in the text, so its pairs
    count that many times."""
    pair = _smallest_of_the_best(_totals(words, [1] * len(words)))
    return _merged_everywhere(words, pair, new)


def once_for_each_word(words, counts, new):
    """Your function counts the words that hold a pair. A pair that is in a word twice counts
    twice, each time with the word's count."""
    totals = Counter()
    for word, count in zip(words, counts, strict=True):
        for pair in set(pairwise(word)):
            totals[pair] += count
    return _merged_everywhere(words, _smallest_of_the_best(totals), new)


def overlaps_counted_once(words, counts, new):
    """Your function counts only pairs that do not overlap: one (7, 7) in [7, 7, 7]. That is what a
    merge can use, but the convention is to count every pair of neighbours: here two."""
    totals = Counter()
    for word, count in zip(words, counts, strict=True):
        for pair in set(pairwise(word)):
            totals[pair] += count * (len(word) - len(_merged(word, pair, new)))
    return _merged_everywhere(words, _smallest_of_the_best(totals), new)


def all_of_the_highest_count(words, counts, new):
    """Your function merges every pair of the highest count in one step, all into one new token.
    That token would stand for different pieces of text. One step merges one pair: of equals, the
    smallest."""
    totals = _totals(words, counts)
    highest = max(totals.values())
    for pair in sorted(pair for pair, total in totals.items() if total == highest):
        words = _merged_everywhere(words, pair, new)
    return words


def first_seen_of_equals(words, counts, new):
    """Your function takes, of equally frequent pairs, the one that it met first, as max and
    most_common do. Then the tokens depend on the order of the text. Take the smallest pair,
    compared as tuples."""
    totals = _totals(words, counts)
    return _merged_everywhere(words, max(totals, key=totals.get), new)


def largest_of_equals(words, counts, new):
    """Your function takes, of equally frequent pairs, the largest, as a comparison of
    (count, pair) does. Take the smallest pair, compared as tuples."""
    totals = _totals(words, counts)
    pair = max(totals, key=lambda pair: (totals[pair], pair))
    return _merged_everywhere(words, pair, new)


def order_ignored(words, counts, new):
    """Your function treats (3, 1) and (1, 3) as the same pair. A piece is read in one direction:
    “at” is not “ta”."""
    totals = Counter()
    for pair, total in _totals(words, counts).items():
        totals[tuple(sorted(pair))] += total
    left, right = _smallest_of_the_best(totals)
    both = ((left, right), (right, left))
    merged_words = []
    for word in words:
        merged = []
        for token in word:
            if merged and (merged[-1], token) in both:
                merged[-1] = new
            else:
                merged.append(token)
        merged_words.append(merged)
    return merged_words


def rarest_pair(words, counts, new):
    """Your function merges the rarest pair. The most frequent one saves the most tokens."""
    totals = _totals(words, counts)
    return _merged_everywhere(words, min(totals, key=lambda pair: (totals[pair], pair)), new)


def text_replaced(words, counts, new):
    """Your function replaces in a text made of the numbers: "1 2" is also found in "11 2" and in
    "1 20", and parts of tokens are merged. Compare whole tokens, in lists."""
    left, right = _smallest_of_the_best(_totals(words, counts))
    texts = [" ".join(map(str, word)).replace(f"{left} {right}", str(new)) for word in words]
    return [[int(token) for token in text.split()] for text in texts]


def first_token_decides_ties(words, counts, new):
    """Your function takes, of equally frequent pairs, the one with the smallest first token, and
    where these are equal too, the pair that it met first. Compare the pairs as tuples: then the
    second token decides."""
    totals = _totals(words, counts)
    return _merged_everywhere(words, min(totals, key=lambda p: (-totals[p], p[0])), new)


def counts_entering_twice(words, counts, new):
    """Your function lets the count of a word enter twice, squared: a word that occurs twice adds
    four to its pairs. Add counts[i] once for each place in the word."""
    pair = _smallest_of_the_best(_totals(words, [count**2 for count in counts]))
    return _merged_everywhere(words, pair, new)


def deleted_while_walking(words, counts, new):
    """Your function behaves exactly as if it deleted tokens from a word while a loop over the
    word's old length goes on: after a merge that is not at its end, the index runs past the end.
    Build a new list, or use a while loop that looks at the length again."""
    pair = _smallest_of_the_best(_totals(words, counts))
    for word in words:
        for i in range(len(word) - 1):
            if (word[i], word[i + 1]) == pair:
                word[i : i + 2] = [new]
    return words


def deleted_while_walking_and_comparing(words, counts, new):
    """Your function behaves exactly as if it deleted tokens from a word while a loop over the
    word's old length goes on, and looked at the right neighbour only where the left one fits: the
    index runs past the end in some words only. Build a new list, or use a while loop that looks at
    the length again."""
    left, right = _smallest_of_the_best(_totals(words, counts))
    for word in words:
        for i in range(len(word) - 1):
            if word[i] == left and word[i + 1] == right:
                word[i : i + 2] = [new]
    return words


def merge_step_cases(rng):
    yield [[1, 2], [3, 1, 2]], [1, 1], 9  # each merge at the end of its word
    yield [[3, 1, 4, 1, 5], [3, 1, 4], [2]], [1, 2, 3], 256
    yield [[7, 7, 7], [7, 7, 7, 7, 7, 2], [2, 7]], [4, 1, 2], 300
    yield [[15, 16], [9, 9, 9], [15, 16, 1]], [1, 1, 1], 40  # (9, 9) twice, overlapping
    yield [[8, 3], [2, 9], [4, 4, 1, 6]], [2, 2, 1], 256  # a tie; the smallest is not met first
    yield [[1, 2], [1, 2, 3], [4, 5, 6]], [1, 1, 9], 256  # the third word is frequent
    yield [[0, 1, 0, 1, 0, 1], [0, 2], [3, 0, 2]], [1, 1, 1], 99  # twice in a word counts twice
    yield [[6, 4], [4, 6], [6, 4, 4, 6, 4]], [1, 5, 2], 256
    yield [[1], [2, 1], [2, 1, 5], [8, 5], [1, 1, 2]], [1, 1, 1, 3, 1], 12
    yield [[1, 2], [11, 2], [1, 20], [1, 2, 3]], [1, 1, 1, 1], 256  # "1 2" within "11 2", "1 20"
    yield [[1, 5], [1, 2]], [2, 2], 256  # a tie that the second token decides
    yield [[1, 2], [3, 4], [3, 4, 5], [3, 4, 6]], [2, 1, 1, 1], 256  # 2 against 1 + 1 + 1
    for size, letters in ((8, 3), (20, 4), (12, 2)):
        lengths = rng.integers(1, 9, size=size)
        words = [rng.integers(0, letters, size=length).tolist() for length in lengths]
        yield words, rng.integers(1, 5, size=size).tolist(), 256


EXERCISE = Exercise(
    id="11.1",
    title="One merge",
    cases=merge_step_cases,
    answer=merge_step,
    hints=(
        "There are three steps: count the pairs of the text, choose one, replace it.",
        "Count with a Counter: for each word, add counts[i] for every pair of neighbours. "
        "min(totals, key=lambda pair: (-totals[pair], pair)) chooses.",
        "Go through a word and build a new list. If its last token and the next one are the "
        "pair, replace the last token by new; otherwise append the next one.",
    ),
    misconceptions=(
        overlaps_merged_twice,
        merged_from_the_right,
        first_place_only,
        pairs_across_words,
        pairs_across_repeated_words,
        counts_of_words_ignored,
        once_for_each_word,
        overlaps_counted_once,
        all_of_the_highest_count,
        first_seen_of_equals,
        largest_of_equals,
        order_ignored,
        rarest_pair,
        text_replaced,
        first_token_decides_ties,
        counts_entering_twice,
        deleted_while_walking,
        deleted_while_walking_and_comparing,
    ),
)
