"""Exercise 05.6: the generation loop. What is right, and the known mistakes."""

import numpy as np

from helpers.exercises.engine import Exercise


def generate_tokens(step, state, first, uniforms):
    tokens, token = [], first
    for uniform in uniforms:
        probabilities, state = step(token, state)
        token = int(np.argmax(np.cumsum(probabilities) > uniform))
        tokens.append(token)
    return tokens


def _first_above(probabilities, uniform):
    return int(np.argmax(np.cumsum(probabilities) > uniform))


def state_not_carried(step, state, first, uniforms):
    """Your function behaves exactly as if the state were never replaced: every step starts from the
    first state, so nothing that was written is remembered. Hand the new state to the next call."""
    tokens, token = [], first
    for uniform in uniforms:
        probabilities, _ = step(token, state)
        token = _first_above(probabilities, uniform)
        tokens.append(token)
    return tokens


def model_called_only_once(step, state, first, uniforms):
    """Your function calls the model once, before the loop, and draws every token from the same
    probabilities. Call step in the loop, with the token just drawn and the new state."""
    probabilities, _ = step(first, state)
    return [_first_above(probabilities, uniform) for uniform in uniforms]


def always_the_most_probable(step, state, first, uniforms):
    """Your function takes the most probable token (argmax) and ignores the random numbers. Then the
    text is always the same, and soon repeats itself. Draw instead."""
    tokens, token = [], first
    for _ in uniforms:
        probabilities, state = step(token, state)
        token = int(np.argmax(probabilities))
        tokens.append(token)
    return tokens


def first_token_fed_again(step, state, first, uniforms):
    """Your function gives the model the first token in every step. It must read what it has just
    written: the drawn token is the next input."""
    tokens = []
    for uniform in uniforms:
        probabilities, state = step(first, state)
        tokens.append(_first_above(probabilities, uniform))
    return tokens


def first_token_included(step, state, first, uniforms):
    """Your tokens are right, but the first one is in the list. Only drawn tokens were asked for, as
    many as there are random numbers."""
    return [first, *generate_tokens(step, state, first, uniforms)]


def one_random_number_for_all(step, state, first, uniforms):
    """Your function uses the first random number for every draw. Take a new one in each step."""
    return generate_tokens(step, state, first, [uniforms[0]] * len(uniforms))


def last_below_instead(step, state, first, uniforms):
    """Your function takes the token before the right one: the last whose cumulated probability is
    still below the random number. The token drawn is the first that exceeds it."""
    tokens, token = [], first
    for uniform in uniforms:
        probabilities, state = step(token, state)
        token = max(_first_above(probabilities, uniform) - 1, 0)
        tokens.append(token)
    return tokens


def at_least_instead_of_exceeds(step, state, first, uniforms):
    """Your function draws the first token whose cumulated probability is at least the random
    number. Where both are 0, that is a token of probability 0. The cumulated probability must
    exceed the number: > in place of >=, and side="right" in np.searchsorted."""
    tokens, token = [], first
    for uniform in uniforms:
        probabilities, state = step(token, state)
        token = int(np.argmax(np.cumsum(probabilities) >= uniform))
        tokens.append(token)
    return tokens


class SmallModel:
    """A random RNN over a few tokens; called as step(token, state)."""

    def __init__(self, vocab_size, H, seed):
        rng = np.random.default_rng(seed)
        shapes = ((vocab_size, H), (H, H), (H, vocab_size))
        self.Wxh, self.Whh, self.Why = (rng.normal(0, 1.5, size=shape) for shape in shapes)

    def __call__(self, token, state):
        state = np.tanh(self.Wxh[token] + state @ self.Whh)
        exponentials = np.exp(state @ self.Why)
        return exponentials / exponentials.sum(), state


class ExactModel:
    """Four tokens with probabilities that a float holds exactly, some 0; step(token, state)."""

    def __call__(self, token, state):
        probabilities = (
            (0.0, 0.5, 0.25, 0.25),
            (0.25, 0.0, 0.5, 0.25),
            (0.0, 0.0, 0.75, 0.25),
            (0.5, 0.25, 0.25, 0.0),
        )
        return np.array(probabilities[token]), state + 1


def generate_tokens_cases(rng):
    for vocab_size, H, steps in ((5, 4, 12), (3, 2, 20), (8, 6, 30), (4, 3, 1)):
        model = SmallModel(vocab_size, H, seed=steps)
        yield model, np.zeros(H), int(rng.integers(vocab_size)), rng.random(steps)
    # random numbers that equal a cumulated probability, 0 among them
    yield ExactModel(), np.zeros(1), 0, np.array([0.0, 0.25, 0.0, 0.75, 0.5, 0.0, 0.5])
    yield ExactModel(), np.zeros(1), 2, np.array([0.0])


EXERCISE = Exercise(
    id="05.6",
    title="The generation loop",
    cases=generate_tokens_cases,
    answer=generate_tokens,
    hints=(
        "Two things change from step to step: the token that goes in, and the state.",
        "np.cumsum(probabilities) cumulates; draw where that first exceeds the random number.",
        "In the loop: probabilities, state = step(token, state); draw token; append it.",
    ),
    misconceptions=(
        state_not_carried,
        model_called_only_once,
        always_the_most_probable,
        first_token_fed_again,
        first_token_included,
        one_random_number_for_all,
        last_below_instead,
        at_least_instead_of_exceeds,
    ),
)
