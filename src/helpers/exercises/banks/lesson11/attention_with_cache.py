"""Exercise 11.4, Attention with a cache: what is right, and the known mistakes."""

import numpy as np

from helpers.exercises.engine import Exercise

__all__ = ["EXERCISE"]


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
)
