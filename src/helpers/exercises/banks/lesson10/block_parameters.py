"""Exercise 10.5, Parameters of a block: what is right, and the known mistakes."""

from helpers.exercises.engine import Exercise

__all__ = ["EXERCISE"]


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
    """Your number has only the first of the MLP's two layers. One leads from d to hidden, the other
    back, with hidden · d weights and d biases."""
    return block_parameters(d, n_head, hidden) - (hidden * d + d)


def first_layer_of_the_mlp_forgotten(d, n_head, hidden):
    """Your number has only the second of the MLP's two layers. The first leads from d to hidden,
    with d · hidden weights and hidden biases."""
    return block_parameters(d, n_head, hidden) - (d * hidden + hidden)


def one_matrix_of_the_mlp(d, n_head, hidden):
    """Your number lacks d · hidden: the MLP has two matrices of this size, one from d to hidden and
    one back."""
    return block_parameters(d, n_head, hidden) - d * hidden


def mlp_forgotten(d, n_head, hidden):
    """Your number lacks the whole MLP: two linear layers, from d to hidden and back, each with its
    biases."""
    return block_parameters(d, n_head, hidden) - (2 * d * hidden + hidden + d)


def third_norm(d, n_head, hidden):
    """Your number is 2d too large, a gain and a shift. A block has two norms. The third one of a
    Transformer, after the last block, belongs to the model."""
    return block_parameters(d, n_head, hidden) + 2 * d


def block_parameters_cases(rng):
    yield from ((2, 2, 3), (8, 2, 24), (768, 12, 3072), (12, 3, 12), (6, 1, 30), (64, 4, 200))


EXERCISE = Exercise(
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
        first_layer_of_the_mlp_forgotten,
        one_matrix_of_the_mlp,
        mlp_forgotten,
        third_norm,
    ),
)
