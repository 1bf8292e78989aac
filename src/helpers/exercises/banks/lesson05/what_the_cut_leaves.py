"""Exercise 05.3: the gradient that truncated BPTT finds. What is right, and the known mistakes."""

from helpers.exercises.engine import Exercise


def gradient_found(T):
    a, h, states = 2, 0, [0]
    for _ in range(4):
        h = a * h + 1
        states.append(h)
    cut = (4 - 1) // T * T  # steps 1 to cut are behind the last cut and get no gradient
    return sum(states[t - 1] * a ** (4 - t) for t in range(cut + 1, 5))


# What steps 1 to 4 add without a cut: the state before each, times a for each step on the way back.
TERMS = (0, 4, 6, 7)


def never_cut(T):
    """Your numbers do not depend on T: each is the whole gradient, as if nothing were cut. With
    windows of T steps, only the steps of the last window add to the gradient of a loss at step 4;
    those before it are behind a cut."""
    return sum(TERMS)


def cut_before_every_step(T):
    """Your numbers do not depend on T: each has only the last step's own term, h₃ = 7. That is
    T = 1. Inside a window the gradient does flow back, times a in each step."""
    return TERMS[3]


def windows_from_the_end(T):
    """Your windows are counted back from the last step, so that with T = 3 the steps 2 to 4 are one
    window. Windows are cut off from the left: 1 to 3, then 4."""
    return sum(TERMS[4 - T :])


def state_not_carried(T):
    """Your function behaves exactly as if each window began with the state 0. The gradient stops at
    the cut, but the state is handed over: the forward pass is exact, with the states 1, 3, 7 and
    15."""
    return {1: 0, 2: 1, 3: 0, 4: 17}[T]


def no_factor_on_the_way_back(T):
    """Your function adds the states before each step of the last window, but without the factor a,
    once for each step on the way back from step 4. The term of step t is h_{t−1} a^(4−t)."""
    return {1: 7, 2: 10, 3: 7, 4: 11}[T]


def states_after_the_steps(T):
    """Your function multiplies by the state after each step. What the weight multiplied in step t
    is the state before it, h_{t−1}; in step 4 that is 7."""
    return {1: 15, 2: 29, 3: 15, 4: 49}[T]


def only_the_first_window(T):
    """Your function adds the terms of the first window. The loss is at step 4, so the last window
    is the one that is left; everything before it is behind a cut."""
    return sum(TERMS[:T])


def what_is_dropped(T):
    """Your numbers are what the cut drops, 17 minus the right ones. The exercise asks for what is
    left."""
    return 17 - gradient_found(T)


def one_factor_too_many(T):
    """Your terms have the factor a once too often. From the loss to step t the gradient passes
    4 − t steps; for t = 4 it is there already, and the term is h₃ itself."""
    return 2 * gradient_found(T)


def every_window_has_its_loss(T):
    """Your function adds the gradients of all windows, as if each had a loss at its own last step.
    Here the loss is h₄ alone; a window before the cut gets nothing."""
    ends = [min(begin + T, 4) for begin in range(0, 4, T)]
    states, total = (0, 1, 3, 7), 0
    for begin, end in zip(range(0, 4, T), ends, strict=True):
        total += sum(states[t - 1] * 2 ** (end - t) for t in range(begin + 1, end + 1))
    return total


def cut_one_step_late(T):
    """Your function lets the gradient through the cut once: the last step of the window before
    adds its term too. At the cut the state counts as a given number, so nothing before it gets a
    gradient."""
    first = (4 - 1) // T * T
    return sum(TERMS[max(first - 1, 0) :])


def loss_for_the_gradient(T):
    """Your numbers are the loss, h₄ = 15. The exercise asks for ∂h₄/∂a: how much the loss grows
    with the weight, through the steps of the last window."""
    return 15


def whole_table(T):
    """Your function returns all four numbers at once. Return the one for T: a table may be a dict,
    {1: …, 2: …}[T]."""
    return [gradient_found(k) for k in (1, 2, 3, 4)]


def gradient_found_cases(rng):
    yield from ((1,), (2,), (3,), (4,))


EXERCISE = Exercise(
    id="05.3",
    title="What the cut leaves",
    cases=gradient_found_cases,
    answer=gradient_found,
    hints=(
        "Which steps lie in the same window as step 4? Write the windows down for each T.",
        "In step t the weight multiplies the state before it, and from h₄ back to h_t the "
        "gradient is multiplied by it in each step. Without a cut, the sum over all steps is 17.",
        "Steps 1 to 4 would add 0, 4, 6 and 7. Add those of the last window only: step 4 for "
        "T = 1, steps 3 and 4 for T = 2. With T = 3, step 4 begins a new window.",
    ),
    misconceptions=(
        never_cut,
        cut_before_every_step,
        windows_from_the_end,
        state_not_carried,
        no_factor_on_the_way_back,
        states_after_the_steps,
        only_the_first_window,
        what_is_dropped,
        one_factor_too_many,
        every_window_has_its_loss,
        cut_one_step_late,
        loss_for_the_gradient,
        whole_table,
    ),
    secret=True,
)
