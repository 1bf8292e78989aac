"""Exercise 03.1 · Count before you run."""

from helpers.exercises.engine import Exercise


def multiplications(B, sizes):
    layers = [B * sizes[k] * sizes[k + 1] for k in range(len(sizes) - 1)]
    return sum(layers), 2 * sum(layers) - layers[0]


def gradient_in_the_pixels(B, sizes):
    """Your function behaves exactly as if the first layer passed its error on as well. Below it are
    only the pixels, and nobody asks for their gradient."""
    forward, _ = multiplications(B, sizes)
    return forward, 2 * forward


def weights_only(B, sizes):
    """Your function counts one product a layer on the way back, aᵀδ for the weights. Every layer
    but the first also needs δWᵀ, which passes the error on to the layer before."""
    forward, _ = multiplications(B, sizes)
    return forward, forward


def errors_only(B, sizes):
    """Your function counts δWᵀ on the way back, but not aᵀδ: that product gives the gradient in
    the weights, in every layer."""
    forward, backward = multiplications(B, sizes)
    return forward, backward - forward


def forward_counted_again(B, sizes):
    """Your second number holds the forward pass as well. Asked for is the backward pass alone."""
    forward, backward = multiplications(B, sizes)
    return forward, forward + backward


def last_layer_left_out(B, sizes):
    """Your function behaves exactly as if the last layer did not pass its error on. It is the first
    layer that need not: below it are the pixels."""
    forward, _ = multiplications(B, sizes)
    return forward, 2 * forward - B * sizes[-2] * sizes[-1]


def one_sample(B, sizes):
    """Your function counts for a single sample. Every row of the batch takes part in each product,
    in aᵀδ as well: multiply by B."""
    return multiplications(1, sizes)


def gradient_of_one_sample(B, sizes):
    """Your forward pass is right, but your backward pass counts a single sample. aᵀδ sums over the
    B rows, so it has B products for each weight."""
    return multiplications(B, sizes)[0], multiplications(1, sizes)[1]


def biases_counted(B, sizes):
    """Your function counts the biases too. They are added, not multiplied."""
    biases = B * sum(sizes[1:])
    forward, backward = multiplications(B, sizes)
    return forward + biases, backward


def additions_counted(B, sizes):
    """Your function counts additions as well as multiplications. Asked for are multiplications:
    B·n·m for a product of shapes (B, n) and (n, m)."""
    forward, backward = multiplications(B, sizes)
    return 2 * forward, 2 * backward


def multiplication_cases(rng):
    yield 1, (2, 3)
    yield 2, (3, 1, 2)
    yield 1, (2, 3, 4)
    yield 8, (6, 7, 5, 4)
    yield 64, (784, 256, 128, 10)
    yield 3, (5, 5, 5, 5, 5)


EXERCISE = Exercise(
    id="03.1",
    title="Count before you run",
    cases=multiplication_cases,
    answer=multiplications,
    hints=(
        "Which two matrices does a layer multiply on the way forwards? What are their shapes?",
        "Backwards, a layer has aᵀδ, (n_in, B) times (B, n_out), and δWᵀ, (B, n_out) times "
        "(n_out, n_in). Which layer needs only one of them?",
        "Every product of a layer costs B · n_in · n_out. Forward: one a layer. Backward: two a "
        "layer, but one in the first.",
    ),
    misconceptions=(
        gradient_in_the_pixels,
        weights_only,
        errors_only,
        forward_counted_again,
        last_layer_left_out,
        one_sample,
        gradient_of_one_sample,
        biases_counted,
        additions_counted,
    ),
)
