"""The exercises of lesson 10: what is right, and the known mistakes."""

import numpy as np

from helpers.exercises.engine import Exercise

# 10.1


def scaled_scores(q, k):
    return q @ np.swapaxes(k, -1, -2) / np.sqrt(q.shape[-1])


def _dot_products(q, k):
    return q @ np.swapaxes(k, -1, -2)


def not_scaled(q, k):
    """Your scores are not scaled. Their variance then grows with d_k, and the softmax saturates:
    divide by the root of d_k."""
    return _dot_products(q, k)


def scaled_by_the_size(q, k):
    """Your function divides by d_k instead of its root. The variance of a dot product is d_k, so
    its standard deviation, which is what you divide by, is the root of d_k."""
    return _dot_products(q, k) / q.shape[-1]


def scaled_by_the_models_width(q, k):
    """Your function divides by the root of the model's width, n_head · d_k. The dot product runs
    over the d_k features of one head, so the root of d_k is right."""
    return _dot_products(q, k) / np.sqrt(q.shape[1] * q.shape[-1])


def scaled_by_the_number_of_keys(q, k):
    """Your function divides by the root of the number of keys. What is summed in a dot product are
    the d_k features, the last axis, not the keys."""
    return _dot_products(q, k) / np.sqrt(k.shape[-2])


def scaled_by_the_number_of_queries(q, k):
    """Your function divides by the root of the number of queries. What is summed in a dot product
    are the d_k features, the last axis."""
    return _dot_products(q, k) / np.sqrt(q.shape[-2])


def scaled_by_the_number_of_heads(q, k):
    """Your function divides by the root of n_head. The dot product runs over the d_k features of
    one head: divide by the root of d_k."""
    return _dot_products(q, k) / np.sqrt(q.shape[1])


def multiplied_by_the_root(q, k):
    """Your function multiplies by the root of d_k. That makes large scores larger still: divide."""
    return _dot_products(q, k) * np.sqrt(q.shape[-1])


def keys_ask_queries(q, k):
    """Your scores are transposed: the keys ask the queries. Row t must hold the scores of query t
    with all keys, so the queries stand on the left of the product."""
    return _dot_products(k, q) / np.sqrt(q.shape[-1])


def softmax_already_taken(q, k):
    """Your rows sum to 1: the softmax has been taken already. The scores before it were asked
    for."""
    return _softmax(scaled_scores(q, k))


def scaled_scores_cases(rng):
    for B, n_head, T, S, d_k in (
        (2, 2, 3, 4, 5),
        (1, 4, 2, 5, 3),
        (3, 1, 1, 2, 7),
        (1, 3, 4, 6, 2),
    ):
        yield rng.normal(size=(B, n_head, T, d_k)), rng.normal(size=(B, n_head, S, d_k))


# 10.2


def causal_weights(scores):
    allowed = np.tril(np.ones(scores.shape[1:], dtype=bool))
    scores = np.where(allowed, scores, -np.inf)
    exponentials = np.exp(scores - scores.max(axis=2, keepdims=True))
    return exponentials / exponentials.sum(axis=2, keepdims=True)


def _softmax(scores, axis=-1):
    exponentials = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return exponentials / exponentials.sum(axis=axis, keepdims=True)


def _masked_softmax(scores, allowed, fill=-np.inf, axis=-1):
    return _softmax(np.where(allowed, scores, fill), axis)


def _triangle(scores, diagonal=0):
    return np.tri(*scores.shape[1:], diagonal, dtype=bool)


def not_masked(scores):
    """Your function does not mask: every token looks at the future too. Scores of later positions
    must become −∞ before the softmax."""
    return _softmax(scores)


def masked_after_the_softmax(scores):
    """Your function sets weights to zero after the softmax, and the rows no longer sum to 1. Mask
    the scores, before the softmax; then what remains is shared out anew."""
    return _softmax(scores) * _triangle(scores)


def zero_times_infinity(scores):
    """Your function adds (1 − allowed) · (−∞) to the scores. Where a token may look that is 0 · ∞,
    which is nan, and so is every weight. Choose instead of multiplying: np.where."""
    return np.full_like(scores, np.nan)


def masked_with_zero(scores):
    """Your masked scores are 0 instead of −∞. A score of 0 is not "no": e⁰ = 1, so the future keeps
    a weight. Use -np.inf, which the softmax turns into exactly 0."""
    return _masked_softmax(scores, _triangle(scores), fill=0.0)


def present_masked_out(scores):
    """Your function masks the present out too: a token may look at those before it, but not at
    itself. Then the first token has nobody to look at, and its row is NaN (0/0). Keep the
    diagonal."""
    return _masked_softmax(scores, _triangle(scores, -1))


def present_masked_with_a_large_number(scores):
    """Your function masks the present out too. Since you write a large negative number for −∞, the
    first row is no NaN but the mean of all tokens, the future among them. Keep the diagonal."""
    return _masked_softmax(scores, _triangle(scores, -1), fill=-1e9)


def present_masked_and_first_row_zero(scores):
    """Your function masks the present out too, and the first token, which then has nobody to look
    at, gets no weights at all. Each row must sum to 1: keep the diagonal."""
    return np.nan_to_num(_masked_softmax(scores, _triangle(scores, -1)))


def upper_for_lower(scores):
    """Your function keeps the upper triangle: tokens look at the future and not at the past. Rows
    ask, columns are asked, so the allowed part is the lower triangle."""
    return _masked_softmax(scores, _triangle(scores).T)


def one_token_too_many(scores):
    """Your triangle is shifted by one: every token may look at the next one, which it should
    predict. The diagonal is the last one allowed."""
    return _masked_softmax(scores, _triangle(scores, 1))


def softmax_over_the_queries(scores):
    """Your mask is right, but the softmax runs over axis 1, the tokens that ask: your columns sum
    to 1. Each row must, so take it over the last axis."""
    return _masked_softmax(scores, _triangle(scores), axis=1)


def scaled_once_more(scores):
    """Your function scales the scores, by the root of T. They come scaled already."""
    return _masked_softmax(scores / np.sqrt(scores.shape[-1]), _triangle(scores))


def softmax_over_the_batch(scores):
    """Your softmax runs over the batch (axis 0). Each query's weights over the keys sum to 1: use
    axis 2."""
    masked = np.where(_triangle(scores), scores, -np.inf)
    with np.errstate(invalid="ignore"):
        weights = _softmax(masked, axis=0)
    return np.where(_triangle(scores), weights, 0.0)


def masked_with_minus_hundred(scores):
    """Your hidden scores are −100 where they must be −∞. Where all other scores are lower still,
    the future gets the weight: write -np.inf."""
    return _masked_softmax(scores, _triangle(scores), fill=-100.0)


def softmax_left_out(scores):
    """Your function returns the masked scores. Weights were asked for: take the softmax of each
    row."""
    return np.where(_triangle(scores), scores, -np.inf)


def causal_weights_cases(rng):
    for B, T in ((2, 4), (1, 3), (3, 2), (1, 6)):
        yield (rng.normal(0, 1.5, size=(B, T, T)),)
    yield (np.zeros((1, 1, 1)) + 0.7,)
    yield (rng.normal(-3, 1, size=(2, 3, 3)),)  # a zero would be the largest score
    yield (rng.normal(-300, 1, size=(2, 3, 3)),)  # and here even -100


# 10.3


def into_heads(x, n_head):
    B, T, d = x.shape
    return x.reshape(B, T, n_head, d // n_head).swapaxes(1, 2)


def reshaped_only(x, n_head):
    """Your function reshapes and does not swap axes. The shape is right, the contents are not: a
    "head" then holds all features of some tokens. Reshape to (B, T, n_head, d_k), then swap axes 1
    and 2."""
    B, T, d = x.shape
    return x.reshape(B, n_head, T, d // n_head)


def heads_and_batch_swapped(x, n_head):
    """Your heads come first and the batch second. Each head's numbers are right, but the shape
    asked for is (B, n_head, T, d_k)."""
    return np.swapaxes(into_heads(x, n_head), 0, 1)


def heads_not_moved(x, n_head):
    """Your heads are cut out, but stand after the time axis: (B, T, n_head, d_k). A product of
    queries and keys would then compare heads of one token. Swap axes 1 and 2."""
    return np.swapaxes(into_heads(x, n_head), 1, 2)


def features_interleaved(x, n_head):
    """Your head h has every n-th feature: h, h + n, h + 2n, … Asked for are neighbours: head 0 has
    the first d_k. Cut the last axis as (n_head, d_k), not (d_k, n_head)."""
    B, T, d = x.shape
    return np.moveaxis(x.reshape(B, T, d // n_head, n_head), 3, 1)


def features_before_time(x, n_head):
    """Your result has the features before the time: (B, n_head, d_k, T). That is the form of the
    keys in the product QKᵀ; asked for is (B, n_head, T, d_k)."""
    return np.swapaxes(into_heads(x, n_head), 2, 3)


def axes_swapped_before_the_cut(x, n_head):
    """Your function swaps time and features first and then cuts: the feature and time axes end up
    mixed. First cut the last axis into (n_head, d_k), then swap axes 1 and 2."""
    B, T, d = x.shape
    return np.swapaxes(x, 1, 2).reshape(B, n_head, T, d // n_head)


def into_heads_cases(rng):
    for B, T, d, n_head in ((2, 3, 8, 2), (1, 4, 6, 3), (2, 5, 12, 4), (3, 2, 4, 2), (1, 1, 6, 2)):
        yield rng.normal(size=(B, T, d)), n_head
    yield rng.normal(size=(2, 3, 5)), 1


# 10.4


def normalise_features(x, gain, shift, eps):
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = (centred**2).mean(axis=-1, keepdims=True)
    return gain * centred / np.sqrt(variance + eps) + shift


def _normalise(x, gain, shift, eps, axis=-1, ddof=0):
    mean, variance = x.mean(axis=axis, keepdims=True), x.var(axis=axis, keepdims=True, ddof=ddof)
    return gain * (x - mean) / np.sqrt(variance + eps) + shift


def over_the_batch(x, gain, shift, eps):
    """Your function takes mean and variance over the batch (axis 0). Then a sample's result depends
    on who else is in the batch. Layer norm uses the features of one token: the last axis."""
    return _normalise(x, gain, shift, eps, axis=0)


def over_batch_and_time(x, gain, shift, eps):
    """Your function takes mean and variance over batch and time, for each feature. That is batch
    normalisation. Layer norm uses the features of one token: the last axis."""
    return _normalise(x, gain, shift, eps, axis=(0, 1))


def over_the_time(x, gain, shift, eps):
    """Your function takes mean and variance over the time (axis 1). Then the future changes the
    past. Layer norm uses the features of one token: the last axis."""
    return _normalise(x, gain, shift, eps, axis=1)


def over_time_and_features(x, gain, shift, eps):
    """Your function takes one mean and one variance for a whole sequence. Then the future changes
    the past. Each token is normalised on its own, over the last axis."""
    return _normalise(x, gain, shift, eps, axis=(1, 2))


def eps_outside_the_root(x, gain, shift, eps):
    """Your eps stands outside the root: σ + eps. Here it is added to the variance, under the root,
    as in PyTorch and Keras."""
    return gain * (x - x.mean(-1, keepdims=True)) / (x.std(-1, keepdims=True) + eps) + shift


def eps_left_out(x, gain, shift, eps):
    """Your function leaves eps out. A token whose features are nearly equal would be blown up; eps
    is added to the variance, under the root."""
    return _normalise(x, gain, shift, 0.0)


def sample_variance(x, gain, shift, eps):
    """Your variance divides by d − 1, the sample variance (torch's var does so by default). Layer
    norm divides by d."""
    return _normalise(x, gain, shift, eps, ddof=1)


def root_left_out(x, gain, shift, eps):
    """Your function divides by the variance: the root is missing. The result does not have
    variance 1."""
    centred = x - x.mean(axis=-1, keepdims=True)
    return gain * centred / (x.var(axis=-1, keepdims=True) + eps) + shift


def mean_left_in(x, gain, shift, eps):
    """Your function divides by the standard deviation, but leaves the mean in. Subtract each
    token's mean first."""
    return gain * x / np.sqrt(x.var(axis=-1, keepdims=True) + eps) + shift


def root_mean_square(x, gain, shift, eps):
    """Your function divides by the root of the mean square, without taking the mean away. That is
    RMS-norm, a relative; layer norm subtracts the mean first."""
    return gain * x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + eps) + shift


def gain_and_shift_forgotten(x, gain, shift, eps):
    """Your function normalises, but uses neither gain nor shift: multiply by gain and add shift at
    the end."""
    return _normalise(x, 1.0, 0.0, eps)


def gain_forgotten(x, gain, shift, eps):
    """Your function adds the shift but forgets the gain: multiply the normalised features by it
    first."""
    return _normalise(x, 1.0, shift, eps)


def shift_forgotten(x, gain, shift, eps):
    """Your function multiplies by the gain but forgets to add the shift."""
    return _normalise(x, gain, 0.0, eps)


def over_everything(x, gain, shift, eps):
    """Your function takes one mean and one variance over the whole array. Each token has its own,
    over its features: axis=-1, keepdims=True."""
    return _normalise(x, gain, shift, eps, axis=(0, 1, 2))


def only_centred(x, gain, shift, eps):
    """Your function subtracts the mean but does not divide by the standard deviation."""
    return gain * (x - x.mean(axis=-1, keepdims=True)) + shift


def shift_before_the_gain(x, gain, shift, eps):
    """Your function adds the shift first and multiplies by the gain then. It is gain · x̂ +
    shift."""
    return gain * (_normalise(x, 1.0, 0.0, eps) + shift)


def normalise_features_cases(rng):
    for B, T, d, size in ((2, 3, 4, 1.0), (3, 2, 5, 0.2), (2, 2, 3, 3.0), (4, 4, 4, 1.0)):
        x = rng.normal(0.5, size, size=(B, T, d))
        yield x, rng.normal(1, 0.3, size=d), rng.normal(size=d), 0.05
    x = rng.normal(2, 0.1, size=(1, 2, 6))
    yield x, np.ones(6), np.zeros(6), 1e-2


# 10.5


def block_parameters(d, n_head, hidden):
    attention = 3 * (d * d + d) + (d * d + d)  # queries, keys, values; output
    mlp = (d * hidden + hidden) + (hidden * d + d)
    norms = 2 * (d + d)  # gain and shift
    return attention + mlp + norms


def biases_forgotten(d, n_head, hidden):
    """Your number lacks the biases of the linear layers. There are 3d for queries, keys and values,
    d for the output, and hidden + d in the MLP."""
    return block_parameters(d, n_head, hidden) - (5 * d + hidden)


def all_biases_and_shifts_forgotten(d, n_head, hidden):
    """Your number lacks all biases, the shifts of the norms among them. Each linear layer has one
    for each output, and each norm has d gains and d shifts."""
    return block_parameters(d, n_head, hidden) - (5 * d + hidden) - 2 * d


def matrices_only(d, n_head, hidden):
    """Your number holds the matrices only. The biases of the linear layers and the gains and shifts
    of both norms are missing."""
    return 4 * d * d + 2 * d * hidden


def output_projection_forgotten(d, n_head, hidden):
    """Your number lacks d² + d: the output projection, which mixes the heads' results, is
    forgotten."""
    return block_parameters(d, n_head, hidden) - d * d - d


def output_projections_matrix_forgotten(d, n_head, hidden):
    """Your number lacks d²: the matrix of the output projection, which mixes the heads' results, is
    forgotten."""
    return block_parameters(d, n_head, hidden) - d * d


def norms_forgotten(d, n_head, hidden):
    """Your number lacks 4d. Either both norms are forgotten, with a gain and a shift each, or the
    attention's biases: 3d for queries, keys and values, and d for the output projection."""
    return block_parameters(d, n_head, hidden) - 4 * d


def one_norm_only(d, n_head, hidden):
    """Your number lacks 2d. A block has two norms, each with a gain and a shift: either one norm is
    forgotten, or the shifts of both."""
    return block_parameters(d, n_head, hidden) - 2 * d


def heads_multiplied(d, n_head, hidden):
    """Your number counts queries, keys and values with their full size once for every head. Each
    head has matrices of shape (d, d / n_head), so all heads together have d² each."""
    return block_parameters(d, n_head, hidden) + (n_head - 1) * 3 * (d * d + d)


def width_of_one_head(d, n_head, hidden):
    """Your number counts queries, keys and values of one head only. There are n_head of them, each
    with matrices of shape (d, d / n_head)."""
    one_head = 3 * (d * d + d) // n_head
    return block_parameters(d, n_head, hidden) - 3 * (d * d + d) + one_head


def first_mlp_bias_forgotten(d, n_head, hidden):
    """Your number lacks one bias of the MLP: the first layer has `hidden` of them."""
    return block_parameters(d, n_head, hidden) - hidden


def second_mlp_bias_forgotten(d, n_head, hidden):
    """Your number lacks one bias of size d: the MLP's second layer and the attention's output have
    d biases each."""
    return block_parameters(d, n_head, hidden) - d


def hidden_times_four(d, n_head, hidden):
    """Your function multiplies `hidden` by 4. It is the number of units of the MLP itself."""
    return block_parameters(d, n_head, 4 * hidden)


def four_times_the_width(d, n_head, hidden):
    """Your number takes 4d hidden units. That is usual, but here their number is given:
    `hidden`."""
    return block_parameters(d, n_head, 4 * d)


def one_layer_of_the_mlp(d, n_head, hidden):
    """Your number has only one of the MLP's two layers. One leads from d to hidden, the other
    back."""
    return block_parameters(d, n_head, hidden) - (hidden * d + d)


def block_parameters_cases(rng):
    yield from ((8, 2, 24), (768, 12, 3072), (12, 3, 12), (6, 1, 30), (64, 4, 200))


# 10.6


def cross_attention(x, memory, Wq, Wk, Wv):
    q, k, v = x @ Wq, memory @ Wk, memory @ Wv
    scores = q @ np.swapaxes(k, 1, 2) / np.sqrt(q.shape[-1])
    exponentials = np.exp(scores - scores.max(axis=2, keepdims=True))
    return exponentials / exponentials.sum(axis=2, keepdims=True) @ v


def _attention(q, k, v, scale=None, mask=None):
    scores = q @ np.swapaxes(k, 1, 2) / (scale or np.sqrt(q.shape[-1]))
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    return _softmax(scores) @ v


def self_attention_on_x(x, memory, Wq, Wk, Wv):
    """Your function never looks at the memory: queries, keys and values are all made of x. That is
    self-attention. Keys and values come from the memory."""
    return _attention(x @ Wq, x @ Wk, x @ Wv)


def self_attention_on_the_memory(x, memory, Wq, Wk, Wv):
    """Your function never looks at x: queries, keys and values are all made of the memory. The
    tokens of x ask, so the queries come from x."""
    return _attention(memory @ Wq, memory @ Wk, memory @ Wv)


def roles_swapped(x, memory, Wq, Wk, Wv):
    """Your function lets the memory ask and x answer: one row for each token of the memory. The
    queries come from x, keys and values from the memory."""
    return _attention(memory @ Wq, x @ Wk, x @ Wv)


def queries_and_keys_from_x(x, memory, Wq, Wk, Wv):
    """Your queries and keys both come from x, and only the values from the memory. The weights then
    say how tokens of x agree with each other, and are used on other tokens. A key and its value
    belong to one token, so both come from the memory."""
    return _attention(x @ Wq, x @ Wk, memory @ Wv)


def queries_and_keys_from_the_memory(x, memory, Wq, Wk, Wv):
    """Your queries and keys both come from the memory, and only the values from x. The tokens of x
    ask: queries from x, keys and values from the memory."""
    return _attention(memory @ Wq, memory @ Wk, x @ Wv)


def values_from_x(x, memory, Wq, Wk, Wv):
    """Your keys come from the memory, but your values from x. What is found must be what is
    returned: the values come from the memory too."""
    return _attention(x @ Wq, memory @ Wk, x @ Wv)


def causal_mask_kept(x, memory, Wq, Wk, Wv):
    """Your function keeps the causal mask: token t of x sees only the first t tokens of the memory.
    The memory is known from the start, so every token may look at all of it."""
    mask = np.tri(x.shape[1], memory.shape[1], dtype=bool)
    return _attention(x @ Wq, memory @ Wk, memory @ Wv, mask=mask)


def scores_not_scaled(x, memory, Wq, Wk, Wv):
    """Your function forgets to scale the scores: divide them by the root of d_k."""
    return _attention(x @ Wq, memory @ Wk, memory @ Wv, scale=1.0)


def scores_scaled_by_the_models_width(x, memory, Wq, Wk, Wv):
    """Your scores are divided by the root of d, the width of x. The dot products run over the d_k
    columns of the queries and keys: divide by the root of d_k."""
    return _attention(x @ Wq, memory @ Wk, memory @ Wv, scale=np.sqrt(x.shape[-1]))


def scores_divided_by_the_size(x, memory, Wq, Wk, Wv):
    """Your scores are divided by d_k instead of its root."""
    return _attention(x @ Wq, memory @ Wk, memory @ Wv, scale=Wk.shape[1])


def softmax_left_out_of_attention(x, memory, Wq, Wk, Wv):
    """Your scores are used as weights as they are. The softmax over the memory makes them positive
    and sum to 1."""
    scores = x @ Wq @ np.swapaxes(memory @ Wk, 1, 2) / np.sqrt(Wk.shape[1])
    return scores @ (memory @ Wv)


def keys_and_values_exchanged(x, memory, Wq, Wk, Wv):
    """Your function makes the keys with Wv and the values with Wk: exchange the two."""
    return _attention(x @ Wq, memory @ Wv, memory @ Wk)


def queries_and_keys_exchanged(x, memory, Wq, Wk, Wv):
    """Your function makes the queries with Wk and the keys with Wq: exchange the two."""
    return _attention(x @ Wk, memory @ Wq, memory @ Wv)


def softmax_over_x(x, memory, Wq, Wk, Wv):
    """Your softmax runs over the tokens that ask (axis 1). Each token of x shares out its own
    attention, so the weights sum to 1 over the memory, the last axis of the scores."""
    q, k, v = x @ Wq, memory @ Wk, memory @ Wv
    return _softmax(q @ np.swapaxes(k, 1, 2) / np.sqrt(q.shape[-1]), axis=1) @ v


def cross_attention_cases(rng):
    for B, T, S, d, d_k in ((2, 3, 3, 4, 3), (1, 4, 4, 6, 2), (2, 3, 5, 4, 6), (3, 1, 2, 5, 3)):
        x, memory = rng.normal(size=(B, T, d)), rng.normal(size=(B, S, d))
        yield x, memory, *rng.normal(size=(3, d, d_k))
    yield rng.normal(size=(1, 5, 3)), rng.normal(size=(1, 2, 3)), *rng.normal(size=(3, 3, 4))


EXERCISES = (
    Exercise(
        id="10.1",
        title="Scaled scores",
        cases=scaled_scores_cases,
        answer=scaled_scores,
        hints=(
            "Each score is a dot product of a query and a key of the same sample and head.",
            "The @ operator multiplies the last two axes and keeps the others. Keys must be "
            "transposed in these two: np.swapaxes(k, -1, -2).",
            "Divide the product by the root of the last axis' size, np.sqrt(q.shape[-1]).",
        ),
        misconceptions=(
            not_scaled,
            scaled_by_the_size,
            scaled_by_the_models_width,
            scaled_by_the_number_of_keys,
            scaled_by_the_number_of_queries,
            scaled_by_the_number_of_heads,
            multiplied_by_the_root,
            keys_ask_queries,
            softmax_already_taken,
        ),
    ),
    Exercise(
        id="10.2",
        title="The causal mask",
        cases=causal_weights_cases,
        answer=causal_weights,
        hints=(
            "A weight is exactly zero if its score is −∞ before the softmax.",
            "np.tril(np.ones((T, T), dtype=bool)) is True where a token may look.",
            "np.where(allowed, scores, -np.inf), then a softmax over the last axis.",
        ),
        misconceptions=(
            not_masked,
            masked_after_the_softmax,
            masked_with_zero,
            zero_times_infinity,
            present_masked_out,
            present_masked_with_a_large_number,
            present_masked_and_first_row_zero,
            upper_for_lower,
            one_token_too_many,
            softmax_over_the_queries,
            softmax_over_the_batch,
            scaled_once_more,
            masked_with_minus_hundred,
            softmax_left_out,
        ),
    ),
    Exercise(
        id="10.3",
        title="Cut into heads",
        cases=into_heads_cases,
        answer=into_heads,
        hints=(
            "Two steps: cut the last axis in two, then bring the axes into the order asked for.",
            "A reshape that leaves B and T alone is safe: (B, T, n_head, d // n_head).",
            "After the reshape, swapaxes(1, 2) brings the heads before the time.",
        ),
        misconceptions=(
            reshaped_only,
            heads_and_batch_swapped,
            heads_not_moved,
            features_interleaved,
            features_before_time,
            axes_swapped_before_the_cut,
        ),
    ),
    Exercise(
        id="10.4",
        title="Layer normalisation",
        cases=normalise_features_cases,
        answer=normalise_features,
        hints=(
            "Every token is treated alone: mean and variance are taken over the last axis only.",
            "keepdims=True keeps the last axis with size 1, so that the subtraction fits.",
            "centred / np.sqrt(variance + eps), the variance being a mean of squares (divided by "
            "d); then times gain, plus shift.",
        ),
        misconceptions=(
            over_the_batch,
            over_batch_and_time,
            over_the_time,
            over_time_and_features,
            eps_outside_the_root,
            eps_left_out,
            sample_variance,
            root_left_out,
            mean_left_in,
            root_mean_square,
            gain_and_shift_forgotten,
            gain_forgotten,
            shift_forgotten,
            over_everything,
            only_centred,
            shift_before_the_gain,
        ),
    ),
    Exercise(
        id="10.5",
        title="Parameters of a block",
        cases=block_parameters_cases,
        answer=block_parameters,
        hints=(
            "Go through the block: four linear maps in the attention, two in the MLP, two norms.",
            "A linear layer from n to m has n · m weights and m biases. A norm has 2d parameters.",
            "4(d² + d) for the attention, whatever n_head is; 2 · d · hidden + hidden + d for the "
            "MLP; 4d for the norms.",
        ),
        misconceptions=(
            biases_forgotten,
            all_biases_and_shifts_forgotten,
            matrices_only,
            output_projection_forgotten,
            output_projections_matrix_forgotten,
            norms_forgotten,
            one_norm_only,
            heads_multiplied,
            width_of_one_head,
            first_mlp_bias_forgotten,
            second_mlp_bias_forgotten,
            hidden_times_four,
            four_times_the_width,
            one_layer_of_the_mlp,
        ),
    ),
    Exercise(
        id="10.6",
        title="Cross-attention",
        cases=cross_attention_cases,
        answer=cross_attention,
        hints=(
            "Who asks, and who is asked? The one makes queries, the other keys and values.",
            "q = x @ Wq, k = memory @ Wk, v = memory @ Wv; the scores have shape (B, T, T').",
            "Softmax over the last axis of q @ kᵀ / √d_k, with no mask, then times v.",
        ),
        misconceptions=(
            self_attention_on_x,
            self_attention_on_the_memory,
            roles_swapped,
            queries_and_keys_from_x,
            queries_and_keys_from_the_memory,
            values_from_x,
            causal_mask_kept,
            scores_not_scaled,
            scores_scaled_by_the_models_width,
            scores_divided_by_the_size,
            softmax_left_out_of_attention,
            keys_and_values_exchanged,
            queries_and_keys_exchanged,
            softmax_over_x,
        ),
    ),
)
