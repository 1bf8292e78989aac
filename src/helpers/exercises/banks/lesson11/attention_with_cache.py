"""Exercise 11.4, Attention with a cache: what is right, and the known mistakes."""

import numpy as np

from helpers.exercises.engine import Exercise
from helpers.exercises.functions import softmax

__all__ = ["EXERCISE"]


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


def _attention(
    e, wpe, Wq, Wk, Wv, past_k, past_v, positions=None, visible=None, scale=None, hidden=-np.inf
):
    """The solution with parts of it exchanged."""
    n, T = len(past_k), len(e)
    x = e + wpe[np.arange(n, n + T) if positions is None else positions]
    keys, values = np.concatenate([past_k, x @ Wk]), np.concatenate([past_v, x @ Wv])
    scores = x @ Wq @ keys.T / (scale or np.sqrt(keys.shape[1]))
    scores = np.where(np.tri(T, n + T, n) if visible is None else visible, scores, hidden)
    return softmax(scores) @ values, keys, values


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
    sees itself: append its key and value first, then attend. With an empty cache there is nobody to
    look at, which ends in an error."""
    _, keys, values = _attention(e, wpe, Wq, Wk, Wv, past_k, past_v)
    n = len(past_k)
    scores = (e + wpe[n : n + len(e)]) @ Wq @ past_k.T / np.sqrt(past_k.shape[1])
    return softmax(scores) @ past_v, keys, values


def attends_before_appending_to_nobody(e, wpe, Wq, Wk, Wv, past_k, past_v):
    """Your new tokens attend to the cached keys only; their own keys are appended too late. With an
    empty cache they find nobody, and their output is 0. A token sees itself: append its key and
    value first, then attend."""
    out = np.zeros((len(e), Wv.shape[1]))
    if len(past_k):
        out = attends_before_appending(e, wpe, Wq, Wk, Wv, past_k, past_v)[0]
    return out, *attention_with_cache(e, wpe, Wq, Wk, Wv, past_k, past_v)[1:]


def never_appended(e, wpe, Wq, Wk, Wv, past_k, past_v):
    """Your output is right, but you return the old cache. The next step will not know the tokens
    that were just read: return the keys and values of all n + T tokens."""
    return _attention(e, wpe, Wq, Wk, Wv, past_k, past_v)[0], past_k, past_v


def only_the_new_ones_returned(e, wpe, Wq, Wk, Wv, past_k, past_v):
    """Your output is right, but you return only the new keys and values. The next step needs those
    of all n + T tokens: return the cached ones too."""
    out, keys, values = _attention(e, wpe, Wq, Wk, Wv, past_k, past_v)
    return out, keys[len(past_k) :], values[len(past_k) :]


def values_before_keys(e, wpe, Wq, Wk, Wv, past_k, past_v):
    """Your results are right, but in another order: the keys come before the values."""
    out, keys, values = _attention(e, wpe, Wq, Wk, Wv, past_k, past_v)
    return out, values, keys


def past_is_dropped(e, wpe, Wq, Wk, Wv, past_k, past_v):
    """Your new tokens attend to each other only: the cached keys and values are left out. They are
    what the cache is for."""
    n, T = len(past_k), len(e)
    visible = np.tri(T, n + T, n) * (np.arange(n + T) >= n)
    return _attention(e, wpe, Wq, Wk, Wv, past_k, past_v, visible=visible)


def scores_not_scaled(e, wpe, Wq, Wk, Wv, past_k, past_v):
    """Your scores are not divided by √d_k, where d_k is the width of the keys."""
    return _attention(e, wpe, Wq, Wk, Wv, past_k, past_v, scale=1.0)


def scaled_by_the_models_width(e, wpe, Wq, Wk, Wv, past_k, past_v):
    """Your scores are divided by √d, where d is the width of e. A dot product of a query and a key
    runs over the d_k columns of the keys: divide by √d_k."""
    return _attention(e, wpe, Wq, Wk, Wv, past_k, past_v, scale=np.sqrt(e.shape[1]))


def scaled_by_the_size(e, wpe, Wq, Wk, Wv, past_k, past_v):
    """Your scores are divided by d_k, the width of the keys, instead of its root."""
    return _attention(e, wpe, Wq, Wk, Wv, past_k, past_v, scale=past_k.shape[1])


def positions_left_out(e, wpe, Wq, Wk, Wv, past_k, past_v):
    """Your new tokens have no positions: wpe is not added. Add its rows n … n + T − 1 first."""
    return _attention(e, np.zeros_like(wpe), Wq, Wk, Wv, past_k, past_v)


def positions_in_the_queries_only(e, wpe, Wq, Wk, Wv, past_k, past_v):
    """Your queries know the positions, but your new keys and values do not. Add wpe to e first, and
    make all three from the sum."""
    n, T = len(past_k), len(e)
    keys, values = np.concatenate([past_k, e @ Wk]), np.concatenate([past_v, e @ Wv])
    scores = (e + wpe[n : n + T]) @ Wq @ keys.T / np.sqrt(keys.shape[1])
    return softmax(np.where(np.tri(T, n + T, n), scores, -np.inf)) @ values, keys, values


def positions_not_in_the_queries(e, wpe, Wq, Wk, Wv, past_k, past_v):
    """Your new keys and values know the positions, but your queries do not. Add wpe to e first, and
    make all three from the sum."""
    _, keys, values = _attention(e, wpe, Wq, Wk, Wv, past_k, past_v)
    n, T = len(past_k), len(e)
    scores = np.where(np.tri(T, n + T, n), e @ Wq @ keys.T / np.sqrt(keys.shape[1]), -np.inf)
    return softmax(scores) @ values, keys, values


def positions_added_to_the_cache(e, wpe, Wq, Wk, Wv, past_k, past_v):
    """Your function adds positions to the cached tokens again, through Wk and Wv. The cached keys
    and values were made with their positions in the earlier calls: take them as they are."""
    places = wpe[: len(past_k)]
    past_k, past_v = past_k + places @ Wk, past_v + places @ Wv
    return _attention(e, wpe, Wq, Wk, Wv, past_k, past_v)


def positions_added_to_the_cached_keys(e, wpe, Wq, Wk, Wv, past_k, past_v):
    """Your function behaves exactly as if it added rows of wpe to the cached keys and values. They
    were made with their positions in the earlier calls: take them as they are. (Where d and d_k
    differ, the sum does not even exist.)"""
    places = wpe[: len(past_k)]
    return _attention(e, wpe, Wq, Wk, Wv, past_k + places, past_v + places)


def keys_and_values_exchanged(e, wpe, Wq, Wk, Wv, past_k, past_v):
    """Your function makes the new keys with Wv and the new values with Wk: exchange the two."""
    return _attention(e, wpe, Wq, Wv, Wk, past_k, past_v)


def pasts_exchanged(e, wpe, Wq, Wk, Wv, past_k, past_v):
    """Your new keys are appended to past_v, and your new values to past_k. Exchange the two: keys
    belong to keys."""
    return _attention(e, wpe, Wq, Wk, Wv, past_v, past_k)


def new_keys_in_front(e, wpe, Wq, Wk, Wv, past_k, past_v):
    """Your new keys and values come before the cached ones. Put them last: the cache is the
    past, in the order of the text."""
    n, T = len(past_k), len(e)
    x = e + wpe[n : n + T]
    keys, values = np.concatenate([x @ Wk, past_k]), np.concatenate([x @ Wv, past_v])
    scores = x @ Wq @ keys.T / np.sqrt(keys.shape[1])
    return softmax(np.where(np.tri(T, n + T, n), scores, -np.inf)) @ values, keys, values


def blind_to_itself(e, wpe, Wq, Wk, Wv, past_k, past_v):
    """Your new tokens do not see themselves. New token i sees the keys 0 … n + i, its own
    included."""
    visible = np.tri(len(e), len(past_k) + len(e), len(past_k) - 1)
    return _attention(e, wpe, Wq, Wk, Wv, past_k, past_v, visible=visible)


def blind_to_itself_with_a_large_number(e, wpe, Wq, Wk, Wv, past_k, past_v):
    """Your new tokens do not see themselves, and with an empty cache the first sees nobody. Since
    you write a large negative number for −∞, it then gets the mean of all values, the future among
    them. New token i sees the keys 0 … n + i, its own included."""
    visible = np.tri(len(e), len(past_k) + len(e), len(past_k) - 1)
    return _attention(e, wpe, Wq, Wk, Wv, past_k, past_v, visible=visible, hidden=-1e9)


def masked_after_the_softmax(e, wpe, Wq, Wk, Wv, past_k, past_v):
    """Your function sets weights to zero after the softmax, and the rows no longer sum to 1. Mask
    the scores, before the softmax."""
    n, T = len(past_k), len(e)
    x = e + wpe[n : n + T]
    keys, values = np.concatenate([past_k, x @ Wk]), np.concatenate([past_v, x @ Wv])
    weights = softmax(x @ Wq @ keys.T / np.sqrt(keys.shape[1])) * np.tri(T, n + T, n)
    return weights @ values, keys, values


def masked_after_the_softmax_and_renormalised(e, wpe, Wq, Wk, Wv, past_k, past_v):
    """Your function masks after the softmax and divides by what is left. On paper that is the same.
    But where a later score is 900 higher, all weights of the past have become 0 in the softmax, and
    0/0 is NaN. Mask the scores, before the softmax."""
    n, T = len(past_k), len(e)
    x = e + wpe[n : n + T]
    keys, values = np.concatenate([past_k, x @ Wk]), np.concatenate([past_v, x @ Wv])
    weights = softmax(x @ Wq @ keys.T / np.sqrt(keys.shape[1])) * np.tri(T, n + T, n)
    return weights / weights.sum(axis=1, keepdims=True) @ values, keys, values


def maximum_left_in(e, wpe, Wq, Wk, Wv, past_k, past_v):
    """Your softmax takes the exponentials of the scores as they are. At a score of 900 they are
    infinite, and ∞/∞ is NaN. Subtract each row's maximum first; the weights stay the same."""
    n, T = len(past_k), len(e)
    x = e + wpe[n : n + T]
    keys, values = np.concatenate([past_k, x @ Wk]), np.concatenate([past_v, x @ Wv])
    scores = x @ Wq @ keys.T / np.sqrt(keys.shape[1])
    weights = np.exp(np.where(np.tri(T, n + T, n), scores, -np.inf))
    return weights / weights.sum(axis=1, keepdims=True) @ values, keys, values


def masked_with_zero(e, wpe, Wq, Wk, Wv, past_k, past_v):
    """Your hidden scores are 0 where they must be −∞: exp(0) is 1, so the future keeps a weight."""
    n, T = len(past_k), len(e)
    x = e + wpe[n : n + T]
    keys, values = np.concatenate([past_k, x @ Wk]), np.concatenate([past_v, x @ Wv])
    scores = x @ Wq @ keys.T / np.sqrt(keys.shape[1]) * np.tri(T, n + T, n)
    return softmax(scores) @ values, keys, values


def attention_with_cache_cases(rng):
    one, e, wpe = np.array([[1.0]]), np.array([[1.0]]), np.array([[5.0], [2.0], [7.0]])
    yield e, wpe, 0 * one, 2 * one, one, 4 * one, one  # e + wpe is 3; its query 0, its weights ½
    e, wpe = np.array([[10.0], [20.0]]), np.array([[7.0], [20.0], [40.0], [1.0]])
    yield e, wpe, one, one, one, -30 * one, 5 * one  # scores −900, 900, 1800; −1800, 1800, 3600
    sizes = ((3, 1, 4, 2), (1, 1, 3, 3), (2, 4, 5, 3), (5, 3, 2, 6), (1, 2, 4, 4))
    for n, T, d, d_k in (*sizes, (0, 3, 4, 2), (0, 1, 3, 3)):  # the last two with an empty cache
        shapes = ((T, d), (n + T + 2, d), (d, d_k), (d, d_k), (d, d_k), (n, d_k), (n, d_k))
        yield tuple(rng.normal(0, 0.5, size=shape) for shape in shapes)


EXERCISE = Exercise(
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
        attends_before_appending_to_nobody,
        never_appended,
        only_the_new_ones_returned,
        values_before_keys,
        past_is_dropped,
        scores_not_scaled,
        positions_left_out,
        positions_in_the_queries_only,
        new_keys_in_front,
        blind_to_itself,
        blind_to_itself_with_a_large_number,
        masked_with_zero,
        scaled_by_the_models_width,
        scaled_by_the_size,
        positions_not_in_the_queries,
        positions_added_to_the_cache,
        positions_added_to_the_cached_keys,
        keys_and_values_exchanged,
        pasts_exchanged,
        masked_after_the_softmax,
        masked_after_the_softmax_and_renormalised,
        maximum_left_in,
    ),
)
