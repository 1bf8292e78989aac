"""The exercises of lesson 02: what is right, and the known mistakes."""

import numpy as np

from helpers.exercises.engine import Exercise

# 02.1


def tanh_backward(da, a):
    return da * (1 - a**2)


def output_taken_for_input(da, a):
    """Your function behaves exactly as if `a` were the input of tanh: you take 1 − tanh(a)². But
    `a` is tanh(u) already, so the slope is 1 − a²."""
    return da * (1 - np.tanh(a) ** 2)


def sigmoid_slope_used(da, a):
    """Your function behaves exactly as if the activation were a sigmoid: a · (1 − a) is the slope
    of the sigmoid. The slope of tanh is 1 − a²."""
    return da * a * (1 - a)


def square_forgotten(da, a):
    """Your function behaves exactly as if the slope of tanh were 1 − a. It is 1 − a²: check it at
    a = −0.5, where the slope cannot exceed 1."""
    return da * (1 - a)


def slope_alone(da, a):
    """Your function returns the slope of tanh and ignores `da`. The chain rule multiplies the
    two, element by element."""
    return 1 - a**2


def difference_squared(da, a):
    """Your function behaves exactly as if the slope of tanh were (1 − a)². Only `a` is squared:
    1 − a²."""
    return da * (1 - a) ** 2


def tanh_of_the_error(da, a):
    """Your function sends the error through tanh again. The way back is linear: `da` is multiplied
    by the slope 1 − a², element by element."""
    return np.tanh(da) * (1 - a**2)


def divided_by_slope(da, a):
    """Your function divides by the slope of tanh. The chain rule multiplies:
    ∂loss/∂u = ∂loss/∂a · ∂a/∂u, and ∂a/∂u is 1 − a²."""
    return da / (1 - a**2)


def tanh_backward_cases(rng):
    yield np.array([[1.0, -2.0]]), np.array([[0.5, -0.8]])
    yield np.array([[2.0, 3.0, -4.0]]), np.array([[0.0, 1.0, -1.0]])  # slopes 1, 0 and 0
    for B, H in ((3, 4), (1, 5), (4, 1)):
        yield rng.normal(size=(B, H)), np.tanh(rng.normal(size=(B, H)))


# 02.2


def stable_log_softmax(logits):
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def maximum_over_the_batch(logits):
    """Your function behaves exactly as if the maximum were taken over the wrong axis: it is shared
    by a column (axis 0) instead of a row. Each sample is a row, so take logits.max(axis=1,
    keepdims=True)."""
    shifted = logits - logits.max(axis=0, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def one_maximum_for_all(logits):
    """Your function behaves exactly as if one maximum were used for the whole array. A row whose
    logits are far below it underflows to log 0. Take the maximum of each row."""
    shifted = logits - logits.max()
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def softmax_over_the_batch(logits):
    """Your function behaves exactly as if the softmax ran down the columns (axis 0). The
    probabilities of one sample stand in one row and must sum to one there."""
    shifted = logits - logits.max(axis=0, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=0, keepdims=True))


def log_of_clipped_softmax(logits):
    """Your function behaves exactly as if probabilities below 1e-12 were clipped before the
    logarithm. That hides the underflow: every log-probability stops at −27.6, and its slope is
    lost. Subtract the logarithm of the sum instead of dividing."""
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
    return np.log(np.maximum(probabilities, 1e-12))


def no_maximum_taken(logits):
    """Your function behaves exactly as if no maximum were taken off: exp(1000) overflows. A
    constant may be subtracted from each row, so subtract the row's largest logit."""
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


def first_logit_taken_off(logits):
    """Your function takes off the first logit of each row. A later one may be 1000 larger, and then
    its exponential overflows: take the row's maximum."""
    shifted = logits - logits[:, :1]
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def logarithm_of_softmax(logits):
    """Your function behaves exactly as if the softmax were computed as it is written, exp(u)
    divided by its sum, and the logarithm taken of it. exp(1000) overflows and inf / inf is not a
    number; exp(−1000) is 0, and so is the sum. Take off the row's maximum, and do not divide:
    log(eᵘ / Σ) = u − log Σ."""
    exponentials = np.exp(logits)
    return np.log(exponentials / exponentials.sum(axis=1, keepdims=True))


def logarithm_of_stable_softmax(logits):
    """Your function takes off the maximum, so nothing overflows; but it takes the logarithm of
    probabilities, and a small one has become 0 by then: its logarithm is −inf. Do not divide: with
    u shifted, log(eᵘ / Σ) = u − log Σ."""
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.log(exponentials / exponentials.sum(axis=1, keepdims=True))


def maximum_not_added_back(logits):
    """Your function takes off the maximum inside the logarithm of the sum, but not outside it. Both
    places need the same u: shifted − log Σ exp(shifted)."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return logits - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def logarithm_forgotten(logits):
    """Your function returns the probabilities, and they survive large logits. The exercise asks for
    their logarithms, computed without dividing: shifted − log Σ exp(shifted)."""
    return np.exp(stable_log_softmax(logits))


def stable_log_softmax_cases(rng):
    yield (np.array([[0.0, 0.0], [3.0, 3.0]]),)  # ties: log ½ everywhere
    yield (np.array([[1.0, 2.0, 3.0], [0.0, 0.5, -1.0]]),)
    yield (np.array([[1000.0, 0.0, -1000.0]]),)
    yield (np.array([[1000.0, 1001.0, 999.0], [-1000.0, -1001.0, -999.0], [0.0, 1.0, 2.0]]),)
    yield (np.array([[-1000.0, 0.0, 1000.0], [0.0, 1000.0, -1000.0]]),)
    yield (np.array([[0.0, -50.0, 3.0, 1.0], [2.0, 0.5, 0.0, -2.0]]),)
    yield (np.array([[800.0, 800.0], [-800.0, -800.0], [800.0, -800.0]]),)
    yield (rng.normal(0, 3, size=(4, 2)),)


# 02.3


def weight_gradient(a, delta):
    return a.T @ delta


def transposed(a, delta):
    """Your result is the transpose of the right one: δᵀa has shape (n_out, n_in). W has shape
    (n_in, n_out) here, so the gradient is aᵀδ. (PyTorch's Linear keeps W the other way round.)"""
    return delta.T @ a


def element_wise(a, delta):
    """Your function behaves exactly as if the outer product were an element-wise one: δ ⊙ a, summed
    over the batch. Many articles print it so. Every input meets every output, so each sample gives
    a full (n_in, n_out) matrix, and their sum is aᵀδ."""
    return (a * delta).sum(axis=0)


def element_wise_not_summed(a, delta):
    """Your function behaves exactly as if the outer product were an element-wise one, δ ⊙ a. Many
    articles print it so. Every input meets every output, so each sample gives a full (n_in, n_out)
    matrix, and their sum over the batch is aᵀδ."""
    return a * delta


def averaged_again(a, delta):
    """Your result is the right one divided by B. The mean over the batch is already in δ, because
    the loss is a mean: here the samples are summed."""
    return a.T @ delta / len(a)


def one_matrix_a_sample(a, delta):
    """Your function returns one matrix for each sample, shape (B, n_in, n_out). All samples use the
    same W, so its slope is the sum of these matrices, which is aᵀδ."""
    return np.einsum("bi,bj->bij", a, delta)


def not_transposed(a, delta):
    """Your function multiplies a by δ without a transpose. That runs only when n_in = B, and then
    it mixes up samples and units. The sum must run over the samples, the rows of both: aᵀδ."""
    return a @ delta


def samples_with_samples(a, delta):
    """Your function behaves exactly as if δ were transposed instead of a. The product aδᵀ sums over
    the units and has shape (B, B). The sum must run over the samples: aᵀδ."""
    return a @ delta.T


def weight_gradient_cases(rng):
    yield np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 0.0], [0.5, -1.0]])
    for B, n_in, n_out in ((3, 4, 4), (4, 3, 2), (1, 2, 5), (5, 1, 3)):
        yield rng.normal(size=(B, n_in)), rng.normal(size=(B, n_out))


# 02.4


def bias_gradient(delta):
    return delta.sum(axis=0)


def not_summed(delta):
    """Your function returns δ as it is, without the sum over the batch. The bias is used by every
    sample, so its slope is the sum of their errors, with shape (n_out,)."""
    return delta


def averaged_twice(delta):
    """Your function averages over the batch. The mean is already in δ, because the loss is a mean,
    so you divide by B a second time. Sum instead."""
    return delta.mean(axis=0)


def summed_over_units(delta):
    """Your function sums over the units (axis 1) instead of the batch (axis 0). The result needs
    one number for each unit."""
    return delta.sum(axis=1)


def axis_kept(delta):
    """Your numbers are right, but the result has shape (1, n_out). The bias has shape (n_out,), and
    its gradient must have the same."""
    return delta.sum(axis=0, keepdims=True)


def summed_over_everything(delta):
    """Your function sums over the batch and the units: one number. Every unit has a bias of its
    own, so sum over the batch only, axis 0."""
    return delta.sum()


def averaged_over_everything(delta):
    """Your function averages over the batch and the units: one number. Every unit has a bias of its
    own, and the mean over the batch is already in δ: sum over axis 0."""
    return delta.mean()


def bias_gradient_cases(rng):
    yield (np.array([[1.0, 2.0, 3.0], [0.5, 0.0, -1.0]]),)
    for B, n_out in ((4, 3), (3, 3), (1, 4), (5, 1)):
        yield (rng.normal(size=(B, n_out)),)


# 02.5


def hidden_layer_backward(X, u1, W2, delta2):
    a1 = np.tanh(u1)
    delta1 = (delta2 @ W2.T) * (1 - a1**2)
    return X.T @ delta1, delta1.sum(axis=0), a1.T @ delta2, delta2.sum(axis=0)


def slope_at_the_wrong_layer(X, u1, W2, delta2):
    """Your function behaves exactly as if the activation's derivative were left out at the hidden
    layer and put at the output, 1 − tanh(a1 W2)². The derivative is taken at the layer where the
    error arrives, at u1; the last layer has no activation, and delta2 is complete."""
    a1 = np.tanh(u1)
    delta2 = delta2 * (1 - np.tanh(a1 @ W2) ** 2)
    delta1 = delta2 @ W2.T
    return X.T @ delta1, delta1.sum(axis=0), a1.T @ delta2, delta2.sum(axis=0)


def slope_left_out(X, u1, W2, delta2):
    """Your function behaves exactly as if the hidden layer had no activation: the factor
    1 − tanh(u1)² is missing on the error's way back."""
    a1 = np.tanh(u1)
    delta1 = delta2 @ W2.T
    return X.T @ delta1, delta1.sum(axis=0), a1.T @ delta2, delta2.sum(axis=0)


def slope_of_the_activation(X, u1, W2, delta2):
    """Your function behaves exactly as if tanh were applied twice: you take the slope at a1 instead
    of u1, 1 − tanh(a1)². It is 1 − tanh(u1)², which is 1 − a1²."""
    a1 = np.tanh(u1)
    delta1 = (delta2 @ W2.T) * (1 - np.tanh(a1) ** 2)
    return X.T @ delta1, delta1.sum(axis=0), a1.T @ delta2, delta2.sum(axis=0)


def weights_not_transposed(X, u1, W2, delta2):
    """Your function sends the error back through W2 instead of its transpose. With W2 of shape
    (H, K), delta2 W2ᵀ is the product that sums over the outputs; delta2 W2 only runs when H = K,
    and then it is wrong."""
    a1 = np.tanh(u1)
    delta1 = (delta2 @ W2) * (1 - a1**2)
    return X.T @ delta1, delta1.sum(axis=0), a1.T @ delta2, delta2.sum(axis=0)


def pre_activation_as_input(X, u1, W2, delta2):
    """Your function uses u1 as the input of the second layer in dW2. What the second layer gets is
    the activation tanh(u1)."""
    a1 = np.tanh(u1)
    delta1 = (delta2 @ W2.T) * (1 - a1**2)
    return X.T @ delta1, delta1.sum(axis=0), u1.T @ delta2, delta2.sum(axis=0)


def every_gradient_averaged_again(X, u1, W2, delta2):
    """Your four results are the right ones divided by B. The mean over the batch is already in
    delta2, because the loss is a mean: here the samples are summed."""
    return tuple(grad / len(X) for grad in hidden_layer_backward(X, u1, W2, delta2))


def bias_gradients_averaged(X, u1, W2, delta2):
    """Your weight gradients are right, but db1 and db2 are means over the batch. The mean is
    already in delta2, so the bias gradients are sums, as in exercise 02.4."""
    dW1, db1, dW2, db2 = hidden_layer_backward(X, u1, W2, delta2)
    return dW1, db1 / len(X), dW2, db2 / len(X)


def slope_of_the_pre_activation(X, u1, W2, delta2):
    """Your function behaves exactly as if the slope of tanh were 1 − u1². It is written with the
    output: 1 − a1², where a1 = tanh(u1)."""
    a1 = np.tanh(u1)
    delta1 = (delta2 @ W2.T) * (1 - u1**2)
    return X.T @ delta1, delta1.sum(axis=0), a1.T @ delta2, delta2.sum(axis=0)


def pre_activation_for_activation(X, u1, W2, delta2):
    """Your function behaves exactly as if u1 were the activation of the hidden layer, in the slope
    and in dW2. It is what comes before tanh: compute a1 = tanh(u1) first."""
    delta1 = (delta2 @ W2.T) * (1 - u1**2)
    return X.T @ delta1, delta1.sum(axis=0), u1.T @ delta2, delta2.sum(axis=0)


def slope_of_the_sigmoid(X, u1, W2, delta2):
    """Your function behaves exactly as if the slope were a1 · (1 − a1), the sigmoid's. The hidden
    layer has tanh, whose slope is 1 − a1²."""
    a1 = np.tanh(u1)
    delta1 = (delta2 @ W2.T) * a1 * (1 - a1)
    return X.T @ delta1, delta1.sum(axis=0), a1.T @ delta2, delta2.sum(axis=0)


def last_layer_first(X, u1, W2, delta2):
    """Your four results are right, but the last layer comes first, as it does on the way back.
    Return them as (dW1, db1, dW2, db2)."""
    dW1, db1, dW2, db2 = hidden_layer_backward(X, u1, W2, delta2)
    return dW2, db2, dW1, db1


def weights_before_biases(X, u1, W2, delta2):
    """Your four results are right, but both weights come before both biases. Return them as
    (dW1, db1, dW2, db2)."""
    dW1, db1, dW2, db2 = hidden_layer_backward(X, u1, W2, delta2)
    return dW1, dW2, db1, db2


def biases_not_summed(X, u1, W2, delta2):
    """Your weight gradients are right, but db1 and db2 are the errors themselves, one row for each
    sample. A bias is used by every sample: sum the errors over axis 0, as in exercise 02.4."""
    delta1 = (delta2 @ W2.T) * (1 - np.tanh(u1) ** 2)
    return X.T @ delta1, delta1, np.tanh(u1).T @ delta2, delta2


def hidden_layer_backward_cases(rng):
    X, u1 = np.array([[1.0, 2.0], [0.0, -1.0]]), np.array([[0.0, 1.0], [-1.0, 0.0]])
    yield X, u1, np.array([[1.0, -1.0], [2.0, 0.0]]), np.array([[1.0, 0.0], [2.0, -1.0]])
    for B, d, H, K in ((3, 2, 4, 4), (4, 3, 5, 2), (1, 2, 3, 4), (2, 1, 1, 3)):
        X, u1 = rng.normal(size=(B, d)), rng.normal(size=(B, H))
        yield X, u1, rng.normal(size=(H, K)), rng.normal(size=(B, K))


EXERCISES = (
    Exercise(
        id="02.1",
        title="Tanh, backwards",
        cases=tanh_backward_cases,
        answer=tanh_backward,
        hints=(
            "What is the slope of tanh, written with its output only?",
            "tanh'(u) = 1 − tanh(u)², and tanh(u) is what you were given as `a`.",
            "Multiply element by element: da times (1 − a squared).",
        ),
        misconceptions=(
            output_taken_for_input,
            sigmoid_slope_used,
            square_forgotten,
            slope_alone,
            difference_squared,
            tanh_of_the_error,
            divided_by_slope,
        ),
    ),
    Exercise(
        id="02.2",
        title="A log-softmax that survives",
        cases=stable_log_softmax_cases,
        answer=stable_log_softmax,
        hints=(
            "Which constant may you take from all logits of a row without changing the result?",
            "Take off the row's maximum: then the largest exponential is 1. keepdims=True keeps "
            "the shapes fit for subtraction.",
            "Never divide: log softmax is `shifted` minus the logarithm of the row's sum of "
            "exp(shifted).",
        ),
        misconceptions=(
            maximum_over_the_batch,
            one_maximum_for_all,
            softmax_over_the_batch,
            log_of_clipped_softmax,
            no_maximum_taken,
            first_logit_taken_off,
            logarithm_of_softmax,
            logarithm_of_stable_softmax,
            maximum_not_added_back,
            logarithm_forgotten,
        ),
    ),
    Exercise(
        id="02.3",
        title="The slope of the weights",
        cases=weight_gradient_cases,
        answer=weight_gradient,
        hints=(
            "What shape must the result have? W maps n_in numbers to n_out.",
            "W[i, j] is used by every sample r, with local derivative a[r, i], and the error that "
            "arrives there is delta[r, j].",
            "The sum over r of a[r, i] · delta[r, j] is one matrix product: which factor must be "
            "transposed?",
        ),
        misconceptions=(
            transposed,
            element_wise,
            element_wise_not_summed,
            averaged_again,
            one_matrix_a_sample,
            not_transposed,
            samples_with_samples,
        ),
    ),
    Exercise(
        id="02.4",
        title="The slope of the bias",
        cases=bias_gradient_cases,
        answer=bias_gradient,
        hints=(
            "How many times is one bias used in a batch of B samples?",
            "The uses add up. The 1/B of the mean loss is already in delta.",
            "Sum delta over axis 0, the batch.",
        ),
        misconceptions=(
            not_summed,
            averaged_twice,
            summed_over_units,
            axis_kept,
            summed_over_everything,
            averaged_over_everything,
        ),
    ),
    Exercise(
        id="02.5",
        title="One hidden layer, backwards",
        cases=hidden_layer_backward_cases,
        answer=hidden_layer_backward,
        hints=(
            "The second layer is linear, and its error is given: begin with dW2 and db2.",
            "The error goes back through W2, transposed, and then through the slope of tanh at u1.",
            "delta1 = (delta2 @ W2.T) * (1 − a1²) with a1 = tanh(u1); dW1 and db1 follow from "
            "delta1 as dW2 and db2 follow from delta2.",
        ),
        misconceptions=(
            slope_at_the_wrong_layer,
            slope_left_out,
            slope_of_the_activation,
            weights_not_transposed,
            pre_activation_as_input,
            every_gradient_averaged_again,
            bias_gradients_averaged,
            slope_of_the_pre_activation,
            pre_activation_for_activation,
            slope_of_the_sigmoid,
            last_layer_first,
            weights_before_biases,
            biases_not_summed,
        ),
    ),
)
