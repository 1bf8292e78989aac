"""The exercises of lesson 11: what is right, and the known mistakes."""

from collections import Counter
from itertools import pairwise

import numpy as np

from helpers.exercises.engine import Exercise

# 11.1


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
    """Your function counts the words that hold a pair. A pair that stands in a word twice counts
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


def merge_step_cases(rng):
    yield [[3, 1, 4, 1, 5], [3, 1, 4], [2]], [1, 2, 3], 256
    yield [[7, 7, 7], [7, 7, 7, 7, 7, 2], [2, 7]], [4, 1, 2], 300
    yield [[15, 16], [9, 9, 9], [15, 16, 1]], [1, 1, 1], 40  # (9, 9) twice, overlapping
    yield [[8, 3], [2, 9], [4, 4, 1, 6]], [2, 2, 1], 256  # a tie; the smallest is not met first
    yield [[1, 2], [1, 2, 3], [4, 5, 6]], [1, 1, 9], 256  # the third word is frequent
    yield [[0, 1, 0, 1, 0, 1], [0, 2], [3, 0, 2]], [1, 1, 1], 99  # twice in a word counts twice
    yield [[6, 4], [4, 6], [6, 4, 4, 6, 4]], [1, 5, 2], 256
    yield [[1], [2, 1], [2, 1, 5], [8, 5], [1, 1, 2]], [1, 1, 1, 3, 1], 12
    for size, letters in ((8, 3), (20, 4), (12, 2)):
        lengths = rng.integers(1, 9, size=size)
        words = [rng.integers(0, letters, size=length).tolist() for length in lengths]
        yield words, rng.integers(1, 5, size=size).tolist(), 256


# 11.2


def score_text(logits, tokens, characters):
    logits, targets = logits[:-1], tokens[1:]
    largest = logits.max(axis=1, keepdims=True)
    log_sums = largest[:, 0] + np.log(np.exp(logits - largest).sum(axis=1))
    losses = log_sums - logits[np.arange(len(targets)), targets]
    return np.exp(losses.mean()), losses.sum() / characters


def _losses(logits, tokens):
    """−log of the probability of tokens[i] by row i of the logits, (T,)."""
    logits, tokens = np.asarray(logits, dtype=np.float64), np.asarray(tokens)
    largest = logits.max(axis=1, keepdims=True)
    log_sums = largest[:, 0] + np.log(np.exp(logits - largest).sum(axis=1))
    return log_sums - logits[np.arange(len(tokens)), tokens]


def not_shifted(logits, tokens, characters):
    """Your function scores each token by the output at its own position, where the model has just
    read it. Row t belongs to the token that follows: compare logits[:-1] with tokens[1:]."""
    losses = _losses(logits[1:], tokens[1:])
    return np.exp(losses.mean()), losses.sum() / characters


def not_shifted_at_all(logits, tokens, characters):
    """Your function scores all T tokens, each by the output at its own position, where the model
    has just read it. Row t belongs to the token that follows, and the first token is not predicted:
    compare logits[:-1] with tokens[1:]."""
    losses = _losses(logits, tokens)
    return np.exp(losses.mean()), losses.sum() / characters


def shifted_the_wrong_way(logits, tokens, characters):
    """Your function shifts the wrong way: it compares logits[1:] with tokens[:-1], the output with
    the token before. Row t belongs to the token that follows: logits[:-1] with tokens[1:]."""
    losses = _losses(logits[1:], tokens[:-1])
    return np.exp(losses.mean()), losses.sum() / characters


def first_token_from_the_last_row(logits, tokens, characters):
    """Your function also scores the first token, by the last row: np.roll closes the text to a
    ring. The first token is given. There are T − 1 predictions."""
    losses = _losses(logits, np.roll(tokens, -1))
    return np.exp(losses.mean()), losses.sum() / characters


def first_token_at_random(logits, tokens, characters):
    """Your function also scores the first token, as one of all tokens, equally likely. It is given,
    not predicted: leave it out of the sum and of the count."""
    losses = np.append(_losses(logits[:-1], tokens[1:]), np.log(np.shape(logits)[1]))
    return np.exp(losses.mean()), losses.sum() / characters


def divided_by_all_tokens(logits, tokens, characters):
    """Your function divides by T, but there are T − 1 predictions: the first token is given. So it
    counts as if it had been certain."""
    losses = _losses(logits[:-1], tokens[1:])
    return np.exp(losses.sum() / len(tokens)), losses.sum() / characters


def mean_of_probabilities(logits, tokens, characters):
    """Your perplexity is one over the mean of the probabilities. A text's probability is a product:
    average the logarithms, then take the exponential."""
    losses = _losses(logits[:-1], tokens[1:])
    return 1 / np.exp(-losses).mean(), losses.sum() / characters


def mean_of_perplexities(logits, tokens, characters):
    """Your perplexity is the mean of one over each probability. Average the logarithms first and
    take the exponential once, at the end."""
    losses = _losses(logits[:-1], tokens[1:])
    return np.exp(losses).mean(), losses.sum() / characters


def perplexity_per_character(logits, tokens, characters):
    """Your perplexity is per character: you divide by the characters before you take the
    exponential. Asked for is the one per predicted token."""
    losses = _losses(logits[:-1], tokens[1:])
    return np.exp(losses.sum() / characters), losses.sum() / characters


def nats_per_token(logits, tokens, characters):
    """Your second number is in nats per token. The sum of all losses, divided by the characters, is
    in nats per character."""
    losses = _losses(logits[:-1], tokens[1:])
    return np.exp(losses.mean()), losses.mean()


def divided_twice(logits, tokens, characters):
    """Your second number is divided by the tokens and then by the characters too. Divide the sum of
    the losses, or multiply their mean by the number of predicted tokens."""
    losses = _losses(logits[:-1], tokens[1:])
    return np.exp(losses.mean()), losses.mean() / characters


def bits_per_character(logits, tokens, characters):
    """Your second number is in bits: a logarithm to base 2. In nats it is the natural one."""
    losses = _losses(logits[:-1], tokens[1:])
    return np.exp(losses.mean()), losses.sum() / characters / np.log(2)


def loss_for_perplexity(logits, tokens, characters):
    """Your first number is the mean loss in nats per token. The perplexity is its exponential."""
    losses = _losses(logits[:-1], tokens[1:])
    return losses.mean(), losses.sum() / characters


def softmax_left_out(logits, tokens, characters):
    """Your function takes the logits for log-probabilities. They become such when the logarithm of
    the sum of their exponentials is taken off, row by row."""
    logits, targets = np.asarray(logits, dtype=np.float64)[:-1], np.asarray(tokens)[1:]
    losses = -logits[np.arange(len(targets)), targets]
    return np.exp(losses.mean()), losses.sum() / characters


def softmax_over_the_positions(logits, tokens, characters):
    """Your softmax runs over the positions (axis 0). Each row is one prediction and its
    probabilities sum to one: use axis 1."""
    logits, targets = np.asarray(logits, dtype=np.float64)[:-1], np.asarray(tokens)[1:]
    p = np.exp(logits - logits.max(axis=0)) / np.exp(logits - logits.max(axis=0)).sum(axis=0)
    losses = -np.log(p[np.arange(len(targets)), targets])
    return np.exp(losses.mean()), losses.sum() / characters


def score_text_cases(rng):
    yield np.log([[0.5, 0.25, 0.25], [0.1, 0.2, 0.7], [0.3, 0.3, 0.4]]), np.array([0, 1, 2]), 5
    for T, vocabulary, characters in ((2, 5, 3), (9, 4, 31), (20, 12, 47)):
        logits = rng.normal(0, 1.5, size=(T, vocabulary))
        yield logits, rng.integers(0, vocabulary, size=T), characters
    yield rng.normal(0, 2, size=(6, 300)) + 50.0, rng.integers(0, 300, size=6), 24


# 11.3


def tied_gradient(E, ids, dlogits):
    x = E[ids]  # (B, d)
    grad = dlogits.T @ x  # as the output layer
    np.add.at(grad, ids, dlogits @ E)  # as the table of embeddings
    return grad


def _lookup_part(E, ids, dlogits):
    grad = np.zeros(E.shape)
    np.add.at(grad, ids, dlogits @ E)
    return grad


def output_is_a_copy(E, ids, dlogits):
    """Your gradient has the table's part only, exactly as if the output layer were a copy of E. It
    is E itself: add dlogitsᵀ x, its gradient as the output layer."""
    return _lookup_part(E, ids, dlogits)


def table_is_a_copy(E, ids, dlogits):
    """Your gradient has the output layer's part only, exactly as if the table of embeddings were a
    copy of E. It is E itself: add dlogits E to the rows that were looked up."""
    return dlogits.T @ E[ids]


def repeated_tokens_lost(E, ids, dlogits):
    """A token that occurs twice in ids gets only one of its two gradients: `grad[ids] += …` writes
    each row once. Use np.add.at, or a loop, or one-hot rows."""
    grad = dlogits.T @ E[ids]
    grad[ids] += dlogits @ E
    return grad


def transposed(E, ids, dlogits):
    """Your gradient is transposed. E has shape (V, d), one row a token, in both of its uses, and
    the gradient has the same shape."""
    return tied_gradient(E, ids, dlogits).T


def averaged(E, ids, dlogits):
    """Your gradient is the mean of the two parts. The loss changes by both uses, so they are
    added."""
    return tied_gradient(E, ids, dlogits) / 2


def one_of_them_subtracted(E, ids, dlogits):
    """The two parts of your gradient have opposite signs. Both uses of E enter the same loss: their
    gradients are added."""
    return dlogits.T @ E[ids] - _lookup_part(E, ids, dlogits)


def tied_gradient_cases(rng):
    for V, d, ids in ((5, 3, [1, 4]), (4, 4, [2, 2, 0]), (6, 2, [5]), (7, 5, [3, 3, 3, 1, 0])):
        yield rng.normal(size=(V, d)), np.array(ids), rng.normal(size=(len(ids), V))


# 11.4


def _softmax(scores):
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def attention_with_cache(e, wpe, Wq, Wk, Wv, past_k, past_v):
    n, T = len(past_k), len(e)
    x = e + wpe[n : n + T]
    keys = np.concatenate([past_k, x @ Wk])
    values = np.concatenate([past_v, x @ Wv])
    scores = x @ Wq @ keys.T / np.sqrt(keys.shape[1])  # (T, n + T)
    scores = np.where(np.tri(T, n + T, n), scores, -np.inf)
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    weights = weights / weights.sum(axis=1, keepdims=True)
    return weights @ values, keys, values


def _attention(e, wpe, Wq, Wk, Wv, past_k, past_v, positions=None, visible=None, scaled=True):
    """The solution with parts of it exchanged."""
    n, T = len(past_k), len(e)
    x = e + wpe[np.arange(n, n + T) if positions is None else positions]
    keys, values = np.concatenate([past_k, x @ Wk]), np.concatenate([past_v, x @ Wv])
    scores = x @ Wq @ keys.T / (np.sqrt(keys.shape[1]) if scaled else 1)
    scores = np.where(np.tri(T, n + T, n) if visible is None else visible, scores, -np.inf)
    return _softmax(scores) @ values, keys, values


def positions_restart(e, wpe, Wq, Wk, Wv, past_k, past_v):
    """Your positions start again at 0 for the new tokens. With n tokens in the cache, the first new
    one has position n: add the rows n … n + T − 1 of wpe."""
    return _attention(e, wpe, Wq, Wk, Wv, past_k, past_v, positions=np.arange(len(e)))


def one_position_for_all(e, wpe, Wq, Wk, Wv, past_k, past_v):
    """Your new tokens all have position n. Only the first of them has; the next one has n + 1, and
    so on. This shows when more than one token is read at once."""
    return _attention(e, wpe, Wq, Wk, Wv, past_k, past_v, positions=np.full(len(e), len(past_k)))


def mask_without_the_past(e, wpe, Wq, Wk, Wv, past_k, past_v):
    """Your mask has its corner at the first cached key: new token i sees only the keys 0 … i. The
    mask has shape (T, n + T), and new token i sees all n cached keys and the new ones up to its
    own: np.tri(T, n + T, n)."""
    visible = np.tri(len(e), len(past_k) + len(e))
    return _attention(e, wpe, Wq, Wk, Wv, past_k, past_v, visible=visible)


def no_mask(e, wpe, Wq, Wk, Wv, past_k, past_v):
    """Your new tokens see each other's future. One new token needs no mask, but several read at
    once do: new token i may see the n cached keys and the new ones up to its own."""
    visible = np.ones((len(e), len(past_k) + len(e)))
    return _attention(e, wpe, Wq, Wk, Wv, past_k, past_v, visible=visible)


def attends_before_appending(e, wpe, Wq, Wk, Wv, past_k, past_v):
    """Your new tokens attend to the cached keys only; their own keys are appended too late. A token
    sees itself: append its key and value first, then attend."""
    n, T = len(past_k), len(e)
    visible = np.repeat(np.arange(n + T)[None] < n, T, axis=0)
    return _attention(e, wpe, Wq, Wk, Wv, past_k, past_v, visible=visible)


def never_appended(e, wpe, Wq, Wk, Wv, past_k, past_v):
    """Your output is right, but you return the old cache. The next step will not know the tokens
    that were just read: return the keys and values of all n + T tokens."""
    return _attention(e, wpe, Wq, Wk, Wv, past_k, past_v)[0], past_k, past_v


def only_the_new_ones_returned(e, wpe, Wq, Wk, Wv, past_k, past_v):
    """Your output is right, but you return the new keys and values alone. The next step needs those
    of all n + T tokens: return the cached ones too."""
    out, keys, values = _attention(e, wpe, Wq, Wk, Wv, past_k, past_v)
    return out, keys[len(past_k) :], values[len(past_k) :]


def past_is_dropped(e, wpe, Wq, Wk, Wv, past_k, past_v):
    """Your new tokens attend to each other only: the cached keys and values are left out. They are
    what the cache is for."""
    n, T = len(past_k), len(e)
    visible = np.tri(T, n + T, n) * (np.arange(n + T) >= n)
    return _attention(e, wpe, Wq, Wk, Wv, past_k, past_v, visible=visible)


def scores_not_scaled(e, wpe, Wq, Wk, Wv, past_k, past_v):
    """Your scores are not divided by √d_k, where d_k is the width of the keys."""
    return _attention(e, wpe, Wq, Wk, Wv, past_k, past_v, scaled=False)


def positions_left_out(e, wpe, Wq, Wk, Wv, past_k, past_v):
    """Your new tokens have no positions: wpe is not added. Add its rows n … n + T − 1 first."""
    return _attention(e, np.zeros_like(wpe), Wq, Wk, Wv, past_k, past_v)


def positions_in_the_queries_only(e, wpe, Wq, Wk, Wv, past_k, past_v):
    """Your queries know the positions, but your new keys and values do not. Add wpe to e first, and
    make all three from the sum."""
    n, T = len(past_k), len(e)
    keys, values = np.concatenate([past_k, e @ Wk]), np.concatenate([past_v, e @ Wv])
    scores = (e + wpe[n : n + T]) @ Wq @ keys.T / np.sqrt(keys.shape[1])
    return _softmax(np.where(np.tri(T, n + T, n), scores, -np.inf)) @ values, keys, values


def new_keys_in_front(e, wpe, Wq, Wk, Wv, past_k, past_v):
    """Your new keys and values stand before the cached ones. They come last: the cache is the
    past, in the order of the text."""
    n, T = len(past_k), len(e)
    x = e + wpe[n : n + T]
    keys, values = np.concatenate([x @ Wk, past_k]), np.concatenate([x @ Wv, past_v])
    scores = x @ Wq @ keys.T / np.sqrt(keys.shape[1])
    return _softmax(np.where(np.tri(T, n + T, n), scores, -np.inf)) @ values, keys, values


def blind_to_itself(e, wpe, Wq, Wk, Wv, past_k, past_v):
    """Your new tokens do not see themselves. New token i sees the keys 0 … n + i, its own
    included."""
    visible = np.tri(len(e), len(past_k) + len(e), len(past_k) - 1)
    return _attention(e, wpe, Wq, Wk, Wv, past_k, past_v, visible=visible)


def masked_with_zero(e, wpe, Wq, Wk, Wv, past_k, past_v):
    """Your hidden scores are 0 where they must be −∞: exp(0) is 1, so the future keeps a weight."""
    n, T = len(past_k), len(e)
    x = e + wpe[n : n + T]
    keys, values = np.concatenate([past_k, x @ Wk]), np.concatenate([past_v, x @ Wv])
    scores = x @ Wq @ keys.T / np.sqrt(keys.shape[1]) * np.tri(T, n + T, n)
    return _softmax(scores) @ values, keys, values


def attention_with_cache_cases(rng):
    for n, T, d, d_k in ((3, 1, 4, 2), (1, 1, 3, 3), (2, 4, 5, 3), (5, 3, 2, 6), (1, 2, 4, 4)):
        shapes = ((T, d), (n + T + 2, d), (d, d_k), (d, d_k), (d, d_k), (n, d_k), (n, d_k))
        yield tuple(rng.normal(size=shape) for shape in shapes)


# 11.5


def next_probabilities(logits, temperature, k, p):
    order = np.argsort(-logits)[:k]  # the k most probable tokens, best first
    kept = np.exp((logits[order] - logits.max()) / temperature)
    kept = kept / kept.sum()
    mass_before = np.cumsum(kept) - kept
    kept = np.where(mass_before < p, kept, 0)
    probabilities = np.zeros(len(logits))
    probabilities[order] = kept / kept.sum()
    return probabilities


def _top_k(logits, k):
    return np.where(logits >= np.sort(logits)[::-1][min(k, len(logits)) - 1], logits, -np.inf)


def _nucleus(probabilities, p):
    """True for the tokens that top-p keeps."""
    order = np.argsort(-probabilities, kind="stable")
    mass = np.cumsum(probabilities[order])
    kept = np.zeros(len(probabilities), dtype=bool)
    kept[order] = mass - probabilities[order] < p
    return kept


def top_p_before_temperature(logits, temperature, k, p):
    """Your nucleus is chosen before the temperature is applied. The temperature changes how many
    tokens hold the mass p, so it comes first: temperature, top-k, top-p."""
    kept = _top_k(logits, k)
    return _softmax(np.where(_nucleus(_softmax(kept), p), kept / temperature, -np.inf))


def top_p_over_all_tokens(logits, temperature, k, p):
    """Your nucleus is measured with the probabilities of all tokens, as if top-p came before top-k.
    Top-k comes first and removes tokens. Renormalise then: what is left has mass 1, and p is a
    share of that."""
    warm = logits / temperature
    both = np.isfinite(_top_k(warm, k)) & _nucleus(_softmax(warm), p)
    return _softmax(np.where(both, warm, -np.inf))


def not_renormalised(logits, temperature, k, p):
    """Your probabilities do not sum to 1: what the nucleus excludes is set to zero, and the rest is
    left as it was. Divide by the sum of what is left."""
    probabilities = _softmax(_top_k(logits / temperature, k))
    return np.where(_nucleus(probabilities, p), probabilities, 0)


def never_renormalised(logits, temperature, k, p):
    """Your probabilities are those of the softmax over all tokens, with zeros for what is excluded.
    They do not sum to 1. Renormalise after top-k and after top-p."""
    warm = _softmax(logits / temperature)
    kept = _nucleus(_softmax(_top_k(logits / temperature, k)), p)
    return np.where(kept, warm, 0)


def crossing_token_left_out(logits, temperature, k, p):
    """Your nucleus ends before the token that crosses p. That token is inside: the nucleus is the
    smallest set whose mass is at least p."""
    probabilities = _softmax(_top_k(logits / temperature, k))
    order = np.argsort(-probabilities, kind="stable")
    kept = np.zeros(len(logits), dtype=bool)
    kept[order] = np.cumsum(probabilities[order]) <= p
    kept[order[0]] = True
    probabilities = np.where(kept, probabilities, 0)
    return probabilities / probabilities.sum()


def multiplied_by_temperature(logits, temperature, k, p):
    """Your temperature multiplies the logits. It divides them: below 1, the best tokens gain."""
    return next_probabilities(logits, 1 / temperature, k, p)


def temperature_ignored(logits, temperature, k, p):
    """Your result does not depend on the temperature: divide the logits by it first."""
    return next_probabilities(logits, 1.0, k, p)


def temperature_last(logits, temperature, k, p):
    """Your temperature comes last, after the softmax: it divides probabilities and then a softmax
    makes new ones, in which the excluded tokens come back. It divides logits, and it comes
    first."""
    return _softmax(next_probabilities(logits, 1.0, k, p) / temperature)


def top_k_left_out(logits, temperature, k, p):
    """Your top-k is missing: all tokens compete for the nucleus. Keep the k best first."""
    return next_probabilities(logits, temperature, len(logits), p)


def top_p_left_out(logits, temperature, k, p):
    """Your top-p is missing: all of the k best stay. Keep the fewest whose mass is at least p."""
    return next_probabilities(logits, temperature, k, 1.0)


def excluded_logits_zero(logits, temperature, k, p):
    """Your excluded tokens get the logit 0, and exp(0) is 1: they can be drawn. Their logit is −∞,
    or their probability 0."""
    warm = logits / temperature
    kept = _nucleus(_softmax(_top_k(warm, k)), p)
    return _softmax(np.where(kept, warm, 0.0))


def next_probabilities_cases(rng):
    yield np.log([0.4, 0.3, 0.15, 0.1, 0.05]), 2.0, 3, 0.6
    yield np.log([0.05, 0.1, 0.15, 0.3, 0.4]), 0.5, 4, 0.8
    for size, temperature, k, p in ((12, 0.7, 5, 0.75), (40, 1.8, 10, 0.5), (9, 1.3, 20, 0.9)):
        yield rng.permutation(np.linspace(-3, 3, size) ** 3 / 5), temperature, k, p
    yield rng.normal(size=6), 0.8, 1, 0.5


EXERCISES = (
    Exercise(
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
        ),
    ),
    Exercise(
        id="11.2",
        title="The score of a text",
        cases=score_text_cases,
        answer=score_text,
        hints=(
            "Which row of the logits says something about tokens[1]? The one after tokens[0] was "
            "read, row 0.",
            "The loss of one prediction is the logarithm of the sum of exp(row), minus the logit "
            "of the token that came.",
            "With the T − 1 losses of logits[:-1] and tokens[1:], return np.exp(losses.mean()) and "
            "losses.sum() / characters.",
        ),
        misconceptions=(
            not_shifted,
            not_shifted_at_all,
            shifted_the_wrong_way,
            first_token_from_the_last_row,
            first_token_at_random,
            divided_by_all_tokens,
            mean_of_probabilities,
            mean_of_perplexities,
            perplexity_per_character,
            nats_per_token,
            divided_twice,
            bits_per_character,
            loss_for_perplexity,
            softmax_left_out,
            softmax_over_the_positions,
        ),
    ),
    Exercise(
        id="11.3",
        title="One matrix, two uses",
        cases=tied_gradient_cases,
        answer=tied_gradient,
        hints=(
            "Give the two uses different names, E₁ for the table and E₂ for the output layer. Take "
            "the gradient in each, and add the two.",
            "logits = x E₂ᵀ, so the gradient in E₂ is dlogitsᵀ x and the one in x is dlogits E₂.",
            "x holds rows of E₁, so its gradient goes to the rows `ids`; a token that occurs twice "
            "gets both: np.add.at(grad, ids, dlogits @ E).",
        ),
        misconceptions=(
            output_is_a_copy,
            table_is_a_copy,
            repeated_tokens_lost,
            transposed,
            averaged,
            one_of_them_subtracted,
        ),
    ),
    Exercise(
        id="11.4",
        title="Attention with a cache",
        cases=attention_with_cache_cases,
        answer=attention_with_cache,
        hints=(
            "The first new token has position n, and its key joins the n cached keys before anyone "
            "attends.",
            "x = e + wpe[n : n + T]; put past_k on top of x @ Wk, and past_v on top of x @ Wv. The "
            "scores then have shape (T, n + T).",
            "New token i sees the keys 0 … n + i: np.where(np.tri(T, n + T, n), scores, -np.inf), "
            "then the softmax over axis 1, then the product with all values.",
        ),
        misconceptions=(
            positions_restart,
            one_position_for_all,
            mask_without_the_past,
            no_mask,
            attends_before_appending,
            never_appended,
            only_the_new_ones_returned,
            past_is_dropped,
            scores_not_scaled,
            positions_left_out,
            positions_in_the_queries_only,
            new_keys_in_front,
            blind_to_itself,
            masked_with_zero,
        ),
    ),
    Exercise(
        id="11.5",
        title="The sampling controls in order",
        cases=next_probabilities_cases,
        answer=next_probabilities,
        hints=(
            "Divide the logits by the temperature, keep the k largest, take the softmax of those "
            "alone. Only then look at p.",
            "Sort what is left from the most probable down. A token is kept if the mass before it "
            "is below p.",
            "order = np.argsort(-logits)[:k] gives the k best, best first; np.cumsum(kept) − kept "
            "is the mass before each. Divide by the sum at the end, and put the numbers back at "
            "their tokens.",
        ),
        misconceptions=(
            top_p_before_temperature,
            top_p_over_all_tokens,
            not_renormalised,
            never_renormalised,
            crossing_token_left_out,
            multiplied_by_temperature,
            temperature_ignored,
            temperature_last,
            top_k_left_out,
            top_p_left_out,
            excluded_logits_zero,
        ),
    ),
)
