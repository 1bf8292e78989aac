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


def tanh_of_the_gradient(da, a):
    """Your function sends `da` through tanh again. The way back is linear: `da` is multiplied by
    the slope 1 − a², element by element."""
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
    logarithm. That hides the underflow: every log-probability stops at −27.6, and its gradient is
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


def hidden_layer_backward(X, u1, W2, delta2):
    a1 = np.tanh(u1)
    delta1 = (delta2 @ W2.T) * (1 - a1**2)
    return X.T @ delta1, delta1.sum(axis=0), a1.T @ delta2, delta2.sum(axis=0)


def slope_at_the_wrong_layer(X, u1, W2, delta2):
    """Your function behaves exactly as if the activation's derivative were left out at the hidden
    layer and put at the output, 1 − tanh(a1 W2)². The derivative is taken at the layer where the
    gradient arrives, at u1; the last layer has no activation, and delta2 is complete."""
    a1 = np.tanh(u1)
    delta2 = delta2 * (1 - np.tanh(a1 @ W2) ** 2)
    delta1 = delta2 @ W2.T
    return X.T @ delta1, delta1.sum(axis=0), a1.T @ delta2, delta2.sum(axis=0)


def slope_left_out(X, u1, W2, delta2):
    """Your function behaves exactly as if the hidden layer had no activation: the factor
    1 − tanh(u1)² is missing on the way back."""
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
    """Your function sends delta2 back through W2 instead of its transpose. With W2 of shape
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
    already in delta2, so the bias gradients are sums."""
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
    """Your weight gradients are right, but db1 and db2 are the δ themselves, one row for each
    sample. A bias is used by every sample: sum them over axis 0."""
    delta1 = (delta2 @ W2.T) * (1 - np.tanh(u1) ** 2)
    return X.T @ delta1, delta1, np.tanh(u1).T @ delta2, delta2


def hidden_layer_backward_cases(rng):
    X, u1 = np.array([[1.0, 2.0], [0.0, -1.0]]), np.array([[0.0, 1.0], [-1.0, 0.0]])
    yield X, u1, np.array([[1.0, -1.0], [2.0, 0.0]]), np.array([[1.0, 0.0], [2.0, -1.0]])
    for B, d, H, K in ((3, 2, 4, 4), (4, 3, 5, 2), (1, 2, 3, 4), (2, 1, 1, 3)):
        X, u1 = rng.normal(size=(B, d)), rng.normal(size=(B, H))
        yield X, u1, rng.normal(size=(H, K)), rng.normal(size=(B, K))


# 02.4


def first_and_last_wrong(line):
    return {1: (0, 5), 2: (4, 5), 3: (0, 3), 4: (2, 3), 5: (0, 1), 6: (0, 1)}[line]


def only_its_own_layer(line):
    """Your table says that a wrong δ spoils the gradients of its own layer only. But line 5 makes
    delta1 from delta2, and line 3 makes delta2 from delta3: follow what each line hands on."""
    return {1: (4, 5), 2: (4, 5), 3: (2, 3), 4: (2, 3), 5: (0, 1), 6: (0, 1)}[line]


def towards_the_loss(line):
    """Your table lets a mistake spread towards the loss. The backward pass begins there: what comes
    after a line lies nearer to the input, at the parameters with the smaller numbers."""
    return {1: (4, 5), 2: (4, 5), 3: (2, 5), 4: (2, 3), 5: (0, 5), 6: (0, 1)}[line]


def own_layer_spared(line):
    """Your table begins one layer too late: a wrong δ spoils the layers below and spares its own.
    Line 2 uses delta3, and line 4 uses delta2: those gradients are wrong too."""
    return {1: (0, 3), 2: (4, 5), 3: (0, 1), 4: (2, 3), 5: (0, 1), 6: (0, 1)}[line]


def numbered_as_computed(line):
    """Your pairs are right if the parameters are numbered as the backward pass meets them, W3
    first. The check takes them in the order of the parameters: W1 is 0, b3 is 5."""
    return {1: (0, 5), 2: (0, 1), 3: (2, 5), 4: (2, 3), 5: (4, 5), 6: (4, 5)}[line]


def counted_from_one(line):
    """Your pairs are the right ones plus 1. The parameters are numbered from 0: W1 is 0, b3 is
    5."""
    first, last = first_and_last_wrong(line)
    return first + 1, last + 1


def last_one_first(line):
    """Your pairs are right, but the last wrong gradient comes first. Return (first, last)."""
    return first_and_last_wrong(line)[::-1]


def gradients_handed_on(line):
    """Your table lets wrong weight gradients travel on. No later line uses dW3 or dW2, only the δ:
    a mistake in line 2 or line 4 stays where it is."""
    return {1: (0, 5), 2: (0, 5), 3: (0, 3), 4: (0, 3), 5: (0, 1), 6: (0, 1)}[line]


def biases_forgotten(line):
    """Your table counts the weights only. The sums of δ are wrong too, so the last wrong gradient
    is that of a bias: b1, b2 or b3, the numbers 1, 3 and 5."""
    return {1: (0, 4), 2: (4, 4), 3: (0, 2), 4: (2, 2), 5: (0, 0), 6: (0, 0)}[line]


def first_and_last_wrong_cases(rng):
    yield from ((line,) for line in (6, 5, 4, 3, 2, 1))


# 02.5


def repaired_backward(X, a1, a2, W2, W3, delta3):
    dW3, db3 = a2.T @ delta3, delta3.sum(axis=0)
    delta2 = (delta3 @ W3.T) * (1 - a2**2)
    dW2, db2 = a1.T @ delta2, delta2.sum(axis=0)
    delta1 = (delta2 @ W2.T) * (1 - a1**2)
    dW1, db1 = X.T @ delta1, delta1.sum(axis=0)
    return dW1, db1, dW2, db2, dW3, db3


def with_slopes(X, a1, a2, W2, W3, delta3, slope1, slope2):
    """The backward pass with these factors at the two hidden layers."""
    delta2 = (delta3 @ W3.T) * slope2
    delta1 = (delta2 @ W2.T) * slope1
    hidden = X.T @ delta1, delta1.sum(axis=0), a1.T @ delta2, delta2.sum(axis=0)
    return *hidden, a2.T @ delta3, delta3.sum(axis=0)


def nothing_repaired(X, a1, a2, W2, W3, delta3):
    """Your function still does what the careless one did. The last wrong gradient is that of b2,
    and W3 and b3 are right: so delta2 goes wrong on its way from delta3. Which a belongs to it?"""
    return with_slopes(X, a1, a2, W2, W3, delta3, 1 - a1**2, 1 - a1**2)


def slopes_exchanged(X, a1, a2, W2, W3, delta3):
    """Your function behaves exactly as if both slopes sat at the other layer: a1 at delta2, a2 at
    delta1. δ is multiplied by the slope of the layer where it arrives."""
    return with_slopes(X, a1, a2, W2, W3, delta3, 1 - a2**2, 1 - a1**2)


def second_slope_twice(X, a1, a2, W2, W3, delta3):
    """Your delta2 is right now, but delta1 has the slope of the second layer, 1 − a2². It arrives
    at the first layer, whose slope 1 − a1² was right as it stood."""
    return with_slopes(X, a1, a2, W2, W3, delta3, 1 - a2**2, 1 - a2**2)


def slope_removed(X, a1, a2, W2, W3, delta3):
    """Your function behaves exactly as if the second layer had no activation: the wrong slope is
    gone from delta2, but the right one, 1 − a2², is missing."""
    return with_slopes(X, a1, a2, W2, W3, delta3, 1 - a1**2, 1.0)


def both_slopes_at_once(X, a1, a2, W2, W3, delta3):
    """Your function multiplies delta2 by both slopes. It passes one activation on its way from
    delta3, the second: 1 − a2² replaces 1 − a1²."""
    return with_slopes(X, a1, a2, W2, W3, delta3, 1 - a1**2, (1 - a1**2) * (1 - a2**2))


def output_taken_for_input_at_the_second(X, a1, a2, W2, W3, delta3):
    """Your function behaves exactly as if a2 were the input of tanh: 1 − tanh(a2)². It is the
    output already, so the slope is 1 − a2²."""
    return with_slopes(X, a1, a2, W2, W3, delta3, 1 - a1**2, 1 - np.tanh(a2) ** 2)


def outputs_taken_for_inputs(X, a1, a2, W2, W3, delta3):
    """Your function behaves exactly as if a1 and a2 were the inputs of tanh. They are its outputs
    already, so the slopes are 1 − a1² and 1 − a2²."""
    slope1, slope2 = 1 - np.tanh(a1) ** 2, 1 - np.tanh(a2) ** 2
    return with_slopes(X, a1, a2, W2, W3, delta3, slope1, slope2)


def slopes_of_the_sigmoid(X, a1, a2, W2, W3, delta3):
    """Your function behaves exactly as if the hidden layers were sigmoids, with slopes a · (1 − a).
    They are tanh: 1 − a²."""
    return with_slopes(X, a1, a2, W2, W3, delta3, a1 * (1 - a1), a2 * (1 - a2))


def cure_at_the_wrong_line(X, a1, a2, W2, W3, delta3):
    """Your function changes dW2, which reads a2 now, and leaves delta2 as it was. dW2 is wrong
    because delta2 is: its line was right, since the second layer takes a1 as its input."""
    wrong = with_slopes(X, a1, a2, W2, W3, delta3, 1 - a1**2, 1 - a1**2)
    delta2 = (delta3 @ W3.T) * (1 - a1**2)
    return *wrong[:2], a2.T @ delta2, *wrong[3:]


def second_weights_not_transposed(X, a1, a2, W2, W3, delta3):
    """Your delta2 is right now, but delta1 goes back through W2 instead of its transpose. W2 is
    square here, so nothing complains; the product that sums over the outputs is delta2 W2ᵀ."""
    right = repaired_backward(X, a1, a2, W2, W3, delta3)
    delta2 = (delta3 @ W3.T) * (1 - a2**2)
    delta1 = (delta2 @ W2) * (1 - a1**2)
    return X.T @ delta1, delta1.sum(axis=0), *right[2:]


def averaged_once_more(X, a1, a2, W2, W3, delta3):
    """Your six results are the right ones divided by B. The mean over the batch is already in
    delta3: here the samples are summed."""
    return tuple(grad / len(X) for grad in repaired_backward(X, a1, a2, W2, W3, delta3))


def returned_last_layer_first(X, a1, a2, W2, W3, delta3):
    """Your six results are right, but the last layer comes first. Return them in the order of the
    parameters, dW1 first."""
    dW1, db1, dW2, db2, dW3, db3 = repaired_backward(X, a1, a2, W2, W3, delta3)
    return dW3, db3, dW2, db2, dW1, db1


def repaired_backward_cases(rng):
    X, a1, a2 = np.array([[1.0, 2.0]]), np.array([[0.5, 0.0]]), np.array([[0.0, -0.5]])
    W2, W3 = np.array([[1.0, -1.0], [0.0, 2.0]]), np.array([[1.0], [-2.0]])
    yield X, a1, a2, W2, W3, np.array([[1.0]])
    for B, d, H, K in ((3, 2, 4, 2), (2, 3, 3, 3), (1, 2, 3, 4), (4, 1, 2, 5)):
        X, (a1, a2) = rng.normal(size=(B, d)), np.tanh(rng.normal(size=(2, B, H)))
        yield X, a1, a2, rng.normal(size=(H, H)), rng.normal(size=(H, K)), rng.normal(size=(B, K))


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
            tanh_of_the_gradient,
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
        title="One hidden layer, backwards",
        cases=hidden_layer_backward_cases,
        answer=hidden_layer_backward,
        hints=(
            "The second layer is linear, and its δ is given: begin with dW2 and db2.",
            "delta2 goes back through W2, transposed, and then through the slope of tanh at u1.",
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
    Exercise(
        id="02.4",
        title="What one wrong line spoils",
        cases=first_and_last_wrong_cases,
        answer=first_and_last_wrong,
        hints=(
            "Which later lines read what this line makes? Follow each δ from line to line.",
            "dW and db are read by no later line; a δ is read by the next two. The later a line, "
            "the nearer to the input.",
            "Lines 2, 4 and 6 spoil their own two gradients only. Lines 1, 3 and 5 spoil those of "
            "their layer, b3, b2 or b1 at last, and of all layers below, down to W1, number 0.",
        ),
        misconceptions=(
            only_its_own_layer,
            towards_the_loss,
            own_layer_spared,
            numbered_as_computed,
            counted_from_one,
            last_one_first,
            gradients_handed_on,
            biases_forgotten,
        ),
    ),
    Exercise(
        id="02.5",
        title="A backward pass, repaired",
        cases=repaired_backward_cases,
        answer=repaired_backward,
        hints=(
            "W3 and b3 are right, b2 is the last wrong one. Which line comes between them?",
            "delta2 is the gradient at u2. Which activation lies between u2 and the third layer?",
            "delta2 = (delta3 @ W3.T) * (1 − a2²); all other lines are right.",
        ),
        misconceptions=(
            nothing_repaired,
            slopes_exchanged,
            second_slope_twice,
            slope_removed,
            both_slopes_at_once,
            output_taken_for_input_at_the_second,
            outputs_taken_for_inputs,
            slopes_of_the_sigmoid,
            cure_at_the_wrong_line,
            second_weights_not_transposed,
            averaged_once_more,
            returned_last_layer_first,
        ),
    ),
)
