"""Exercises 11.3 and 11.4: answers as readers write them, wrong ones and right ones."""

import numpy as np
import torch
import torch.nn.functional as F
from reader_answers import right, wrong
from scipy.special import softmax

# 11.3


@wrong("11.3", "averaged_over_the_batch")
def gradient_over_the_batch(E, ids, dlogits):
    return gradient_one_hot(E, ids, dlogits) / ids.shape[0]


@wrong("11.3", "doubled")
def gradient_times_two(E, ids, dlogits):
    return 2 * gradient_one_hot(E, ids, dlogits)


@wrong("11.3", "output_part_twice")
def gradient_output_doubled(E, ids, dlogits):
    return (dlogits.T @ E[ids]) * 2


@wrong("11.3", "table_part_twice")
def gradient_table_doubled(E, ids, dlogits):
    onehot = np.eye(len(E))[ids]
    return 2 * onehot.T @ dlogits @ E


@wrong("11.3", "rows_overwritten")
def gradient_overwriting(E, ids, dlogits):
    grad = dlogits.T @ E[ids]
    grad[ids] = dlogits @ E
    return grad


@wrong("11.3", "repeated_tokens_lost")
def gradient_assigned(E, ids, dlogits):
    table = np.zeros_like(E)
    table[ids] = dlogits @ E
    return table + dlogits.T @ E[ids]


@wrong("11.3", "repeated_tokens_lost")
def gradient_plus_equals(E, ids, dlogits):
    grad = dlogits.T @ E[ids]
    grad[ids] += dlogits @ E
    return grad


@right("11.3")
def gradient_one_hot(E, ids, dlogits):
    onehot = np.eye(len(E))[ids]
    return dlogits.T @ onehot @ E + onehot.T @ dlogits @ E


@right("11.3")
def gradient_by_autograd(E, ids, dlogits):
    E = torch.tensor(E, dtype=torch.float32, requires_grad=True)
    logits = E[torch.tensor(ids)] @ E.T
    logits.backward(torch.tensor(dlogits, dtype=torch.float32))
    return E.grad


@right("11.3")
def gradient_by_loops(E, ids, dlogits):
    grad = [[0.0] * E.shape[1] for _ in E]
    for row, token in zip(dlogits, ids, strict=True):
        for v, slope in enumerate(row):
            for j in range(E.shape[1]):
                grad[v][j] += slope * E[token, j]
                grad[token][j] += slope * E[v, j]
    return grad


# 11.4


@right("11.4")
def cached(e, wpe, Wq, Wk, Wv, past_k, past_v, width=None):
    n = past_k.shape[0]
    x = e + wpe[n : n + len(e)]
    k, v = np.vstack([past_k, x @ Wk]), np.vstack([past_v, x @ Wv])
    out = []
    for i, query in enumerate(x @ Wq):
        seen = k[: n + i + 1]
        out.append(softmax(seen @ query / np.sqrt(width or k.shape[1])) @ v[: n + i + 1])
    return np.array(out), k, v


@wrong("11.4", "positions_added_to_the_cache")
def cached_positions_again(e, wpe, Wq, Wk, Wv, past_k, past_v):
    n = len(past_k)
    return cached(e, wpe, Wq, Wk, Wv, past_k + wpe[:n] @ Wk, past_v + wpe[:n] @ Wv)


@wrong("11.4", "positions_added_to_the_cached_keys")
def cached_positions_on_keys(e, wpe, Wq, Wk, Wv, past_k, past_v):
    n = len(past_k)
    return cached(e, wpe, Wq, Wk, Wv, past_k + wpe[:n], past_v + wpe[:n])


@wrong("11.4", "scaled_by_the_models_width")
def cached_root_of_d(e, wpe, Wq, Wk, Wv, past_k, past_v):
    return cached(e, wpe, Wq, Wk, Wv, past_k, past_v, width=Wq.shape[0])


@wrong("11.4", "scaled_by_the_size")
def cached_divided_by_d_k(e, wpe, Wq, Wk, Wv, past_k, past_v):
    return cached(e, wpe, Wq, Wk, Wv, past_k, past_v, width=Wq.shape[1] ** 2)


@wrong("11.4", "keys_and_values_exchanged")
def cached_key_and_value_matrices(e, wpe, Wq, Wk, Wv, past_k, past_v):
    return cached(e, wpe, Wq, Wv, Wk, past_k, past_v)


@wrong("11.4", "pasts_exchanged")
def cached_pasts_swapped(e, wpe, Wq, Wk, Wv, past_k, past_v):
    return cached(e, wpe, Wq, Wk, Wv, past_v, past_k)


def cached_with_a_matrix(e, wpe, Wq, Wk, Wv, past_k, past_v, visible, stable=True, x_of_q=None):
    n, T = len(past_k), len(e)
    x = e + wpe[n : n + T]
    k, v = np.append(past_k, x @ Wk, axis=0), np.append(past_v, x @ Wv, axis=0)
    scores = (x if x_of_q is None else x_of_q) @ Wq @ k.T / k.shape[1] ** 0.5
    scores[~visible.astype(bool)] = -np.inf
    if stable:
        scores = scores - scores.max(axis=-1, keepdims=True)
    weights = np.exp(scores)
    return weights / weights.sum(-1, keepdims=True) @ v, k, v


@wrong("11.4", "positions_not_in_the_queries")
def cached_query_without_position(*a):
    return cached_with_a_matrix(
        *a, np.tri(len(a[0]), len(a[0]) + len(a[5]), len(a[5])), x_of_q=a[0]
    )


@wrong("11.4", "mask_without_the_past")
def cached_tril_without_offset(*a):
    return cached_with_a_matrix(*a, np.tril(np.ones((len(a[0]), len(a[0]) + len(a[5])))))


@wrong("11.4", "maximum_left_in")
def cached_naive(*a):
    return cached_with_a_matrix(
        *a, np.tri(len(a[0]), len(a[0]) + len(a[5]), len(a[5])), stable=False
    )


@wrong("11.4", "masked_after_the_softmax_and_renormalised")
def cached_masked_late(e, wpe, Wq, Wk, Wv, past_k, past_v, renormalise=True):
    n, T = len(past_k), len(e)
    x = e + wpe[n : n + T]
    k, v = np.vstack([past_k, x @ Wk]), np.vstack([past_v, x @ Wv])
    weights = np.tril(softmax(x @ Wq @ k.T / np.sqrt(k.shape[1]), axis=1), n)
    if renormalise:
        weights = weights / weights.sum(1)[:, None]
    return weights @ v, k, v


@wrong("11.4", "masked_after_the_softmax")
def cached_masked_late_only(*a):
    return cached_masked_late(*a, renormalise=False)


@wrong("11.4", "attends_before_appending")
def cached_attending_first(e, wpe, Wq, Wk, Wv, past_k, past_v):
    x = e + wpe[len(past_k) : len(past_k) + len(e)]
    s = x @ Wq @ past_k.T / np.sqrt(past_k.shape[1])
    w = np.exp(s - s.max(1, keepdims=True))
    w /= w.sum(1, keepdims=True)
    return w @ past_v, np.vstack([past_k, x @ Wk]), np.vstack([past_v, x @ Wv])


@wrong("11.4", "values_before_keys")
def cached_results_swapped(*a):
    out, k, v = cached(*a)
    return out, v, k


@right("11.4")
def cached_in_float32(*arrays):
    e, wpe, Wq, Wk, Wv, past_k, past_v = (torch.tensor(a, dtype=torch.float32) for a in arrays)
    n, T = len(past_k), len(e)
    x = e + wpe[n : n + T]
    k, v = torch.cat([past_k, x @ Wk]), torch.cat([past_v, x @ Wv])
    mask = torch.ones(T, n + T, dtype=torch.bool).tril(n)
    return F.scaled_dot_product_attention((x @ Wq)[None], k[None], v[None], mask)[0], k, v


@right("11.4")
def cached_with_a_large_number(*arrays):
    e, wpe, Wq, Wk, Wv, past_k, past_v = arrays
    n, T = len(past_k), len(e)
    x = np.array([e[i] + wpe[n + i] for i in range(T)])
    k, v = np.concatenate((past_k, x @ Wk)), np.concatenate((past_v, x @ Wv))
    scores = x @ Wq @ k.T / np.sqrt(k.shape[-1]) - 1e9 * np.triu(np.ones((T, n + T)), n + 1)
    return {"out": softmax(scores, axis=1) @ v, "keys": k, "values": v}
