"""Exercise 05.4: the generation loop. What is right, and the known mistakes."""

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


def _drawn(step, state, first, uniforms, draw):
    """The loop with another rule to draw a token: draw(probabilities, uniform)."""
    tokens, token = [], first
    for uniform in uniforms:
        probabilities, state = step(token, state)
        token = draw(probabilities, uniform)
        tokens.append(token)
    return tokens


def softmax_once_more(step, state, first, uniforms):
    """Your function takes a softmax of the probabilities before it draws. That makes them nearly
    equal, and gives the forbidden tokens a chance. What step returns are probabilities already."""

    def draw(probabilities, uniform):
        exponentials = np.exp(probabilities)
        return _first_above(exponentials / exponentials.sum(), uniform)

    return _drawn(step, state, first, uniforms, draw)


def rank_for_the_token(step, state, first, uniforms):
    """Your function sorts the probabilities, the largest first, and returns the place in sorted
    order, not the token. No sort is needed: cumulate the probabilities in the order given."""

    def draw(probabilities, uniform):
        return _first_above(np.sort(probabilities)[::-1], uniform)

    return _drawn(step, state, first, uniforms, draw)


def rank_from_the_least_probable(step, state, first, uniforms):
    """Your function sorts the probabilities, the smallest first, and returns the place in sorted
    order, not the token. No sort is needed: cumulate the probabilities in the order given."""
    return _drawn(step, state, first, uniforms, lambda p, u: _first_above(np.sort(p), u))


def sorted_before_the_draw(step, state, first, uniforms):
    """Your function draws with the right chances, but it cumulates from the most probable token
    down. Then the same random number gives another token. Cumulate in the order of the
    vocabulary, as asked for: no sort is needed."""

    def draw(probabilities, uniform):
        order = np.argsort(-probabilities, kind="stable")
        return int(order[_first_above(probabilities[order], uniform)])

    return _drawn(step, state, first, uniforms, draw)


def not_cumulated(step, state, first, uniforms):
    """Your function compares the random number with each probability by itself. Add them up first,
    with np.cumsum: each token gets a stretch of the way from 0 to 1, as long as its probability."""
    return _drawn(step, state, first, uniforms, lambda p, u: int(np.argmax(p > u)))


def token_read_for_token_drawn(step, state, first, uniforms):
    """Your list begins with the first token, and the last one drawn is missing: each token is
    written down before the draw. Draw first, then append what was drawn."""
    return [first, *generate_tokens(step, state, first, uniforms)][:-1]


def counted_on_the_wrong_side(step, state, first, uniforms):
    """Your function counts the tokens whose cumulated probability exceeds the random number. The
    token drawn is the first of them, and its number is the count of those that do not exceed
    it."""
    return _drawn(step, state, first, uniforms, lambda p, u: int((np.cumsum(p) > u).sum()))


def generator_of_its_own(step, state, first, uniforms):
    """Your function draws with a random generator of its own. The chances are right, but the random
    numbers are given: `uniforms` has one for each token, so that everybody draws the same text."""
    rng = np.random.default_rng(0)
    return _drawn(step, state, first, uniforms, lambda p, u: int(rng.choice(len(p), p=p)))


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
    """Three tokens with probabilities that a float holds exactly, some 0; step(token, state)."""

    table = ((0.0, 0.25, 0.75), (0.625, 0.375, 0.0), (0.5, 0.125, 0.375))

    def __call__(self, token, state):
        return np.array(self.table[int(token + state[0]) % 3]), state + 1


# the message shows an argument of this kind as "a …", by this name
ExactModel.__name__ = (
    "function that returns row (token + state) % 3 of "
    "((0, 0.25, 0.75), (0.625, 0.375, 0), (0.5, 0.125, 0.375)), and state + 1"
)


def generate_tokens_cases(rng):
    yield ExactModel(), np.zeros(1), 0, np.array([0.5, 0.7, 0.1])
    # random numbers that equal a cumulated probability, 0 among them
    yield ExactModel(), np.zeros(1), 0, np.array([0.0, 0.25, 0.625, 0.0, 0.5, 0.25, 0.0, 0.625])
    yield ExactModel(), np.zeros(1), 0, np.array([0.0])
    for vocab_size, H, steps in ((5, 4, 12), (3, 2, 20), (8, 6, 30), (4, 3, 1)):
        model = SmallModel(vocab_size, H, seed=steps)
        yield model, np.zeros(H), int(rng.integers(vocab_size)), rng.random(steps)


EXERCISE = Exercise(
    id="05.4",
    title="The generation loop",
    cases=generate_tokens_cases,
    answer=generate_tokens,
    hints=(
        "Two things change from step to step: the token that goes in, and the state.",
        "The chance comes from uniforms, one number a token; a random generator of your own would "
        "draw other tokens. Draw where np.cumsum(probabilities) first exceeds the number.",
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
        softmax_once_more,
        rank_for_the_token,
        rank_from_the_least_probable,
        sorted_before_the_draw,
        not_cumulated,
        token_read_for_token_drawn,
        counted_on_the_wrong_side,
        generator_of_its_own,
    ),
    random="your function gives another result each time: it draws random numbers of its own. The "
    "ones to use are given, uniforms, one for each token.",
)
