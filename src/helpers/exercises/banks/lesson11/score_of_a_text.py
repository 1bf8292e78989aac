"""Exercise 11.2, The score of a text: what is right, and the known mistakes."""

import numpy as np

from helpers.exercises.engine import Exercise

__all__ = ["EXERCISE"]


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


def entropy_of_the_predictions(logits, tokens, characters):
    """Your losses are entropies, −Σ p log p: how unsure the model was, whatever token came. The
    score asks for the token that came: −log p of tokens[t + 1] in row t."""
    logits = np.asarray(logits, dtype=np.float64)[:-1]
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    losses = -(np.exp(log_p) * log_p).sum(axis=1)
    return np.exp(losses.mean()), losses.sum() / characters


def two_to_the_nats(logits, tokens, characters):
    """Your perplexity is 2 to the power of the mean loss, which fits a loss in bits. Yours is in
    nats, from the natural logarithm: take np.exp."""
    losses = _losses(logits[:-1], tokens[1:])
    return 2 ** losses.mean(), losses.sum() / characters


def exponential_of_the_bits(logits, tokens, characters):
    """Your perplexity is e to the power of a loss in bits. Either take 2 to the power of the bits,
    or np.exp of the nats."""
    losses = _losses(logits[:-1], tokens[1:])
    return np.exp(losses.mean() / np.log(2)), losses.sum() / characters


def exponential_of_the_bits_and_bits(logits, tokens, characters):
    """Your losses are in bits, from a logarithm to base 2, but np.exp belongs to nats. Take the
    natural logarithm; then both numbers are right."""
    bits = _losses(logits[:-1], tokens[1:]) / np.log(2)
    return np.exp(bits.mean()), bits.sum() / characters


def exponential_of_the_sum(logits, tokens, characters):
    """Your perplexity is the exponential of the sum of the losses, one over the probability of the
    whole text. Take the mean over the T − 1 predicted tokens first."""
    losses = _losses(logits[:-1], tokens[1:])
    return np.exp(losses.sum()), losses.sum() / characters


def product_of_probabilities(logits, tokens, characters):
    """Your function multiplies the probabilities of all tokens. With 2,000 of them the product is
    smaller than any number a computer has, so it becomes 0 and its logarithm −∞. Add the
    logarithms."""
    product = np.prod(np.exp(-_losses(logits[:-1], tokens[1:])))
    return product ** (-1 / (len(tokens) - 1)), -np.log(product) / characters


def product_for_the_perplexity(logits, tokens, characters):
    """Your perplexity comes from the product of all probabilities. With 2,000 tokens the product is
    smaller than any number a computer has, and becomes 0. Take the exponential of the mean loss:
    the same number, without the product."""
    losses = _losses(logits[:-1], tokens[1:])
    return np.prod(np.exp(-losses)) ** (-1 / len(losses)), losses.sum() / characters


def maximum_left_in(logits, tokens, characters):
    """Your function takes the exponentials of the logits as they are. At 800 they are infinite, at
    −800 they are 0, and both end in NaN. Subtract each row's maximum first, or use a
    log-softmax."""
    logits, targets = np.asarray(logits, dtype=np.float64)[:-1], np.asarray(tokens)[1:]
    exponentials = np.exp(logits)
    p = exponentials / exponentials.sum(axis=1, keepdims=True)
    losses = -np.log(p[np.arange(len(targets)), targets])
    return np.exp(losses.mean()), losses.sum() / characters


def score_text_cases(rng):
    p = [[1 / 2, 1 / 4, 1 / 8, 1 / 8], [1 / 8, 1 / 2, 1 / 4, 1 / 8], [1 / 4, 1 / 4, 1 / 4, 1 / 4]]
    yield np.log(p), np.array([3, 0, 0]), 4  # ½ and ⅛: the perplexity is 4
    for T, vocabulary, characters in ((2, 5, 3), (9, 4, 31), (20, 12, 47)):
        logits = rng.normal(0, 1.5, size=(T, vocabulary))
        yield logits, rng.integers(0, vocabulary, size=T), characters
    yield rng.normal(0, 2, size=(6, 300)) + 50.0, rng.integers(0, 300, size=6), 24
    rows = [[804.0, 800.0, 802.0], [-803.0, -800.0, -801.0], [802.0, 800.0, 806.0]]
    yield np.array(rows), np.array([0, 1, 0]), 2
    yield rng.normal(size=(2000, 3)), rng.integers(0, 3, size=2000), 7000


EXERCISE = Exercise(
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
        entropy_of_the_predictions,
        two_to_the_nats,
        exponential_of_the_bits,
        exponential_of_the_bits_and_bits,
        exponential_of_the_sum,
        product_of_probabilities,
        product_for_the_perplexity,
        maximum_left_in,
    ),
)
