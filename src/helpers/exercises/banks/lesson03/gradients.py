"""Exercise 03.2 · Repair the walk."""

from helpers.exercises.engine import Exercise


def gradients(tape):
    grads = [0.0] * len(tape)
    grads[-1] = 1.0
    for k in reversed(range(len(tape))):
        for parent, local in tape[k]:
            grads[parent] += grads[k] * local
    return grads


def overwritten(tape):
    """Your function still overwrites: a node that is used twice keeps only what came back along one
    of its arrows. Nodes add."""
    grads = [0.0] * len(tape)
    grads[-1] = 1.0
    for k in reversed(range(len(tape))):
        for parent, local in tape[k]:
            grads[parent] = grads[k] * local
    return grads


def first_one_kept(tape):
    """Your function behaves exactly as if a node kept the first gradient that reaches it. What
    comes back along its other arrows must be added."""
    grads = [0.0] * len(tape)
    grads[-1] = 1.0
    for k in reversed(range(len(tape))):
        for parent, local in tape[k]:
            grads[parent] = grads[parent] or grads[k] * local
    return grads


def walked_forwards(tape):
    """Your function walks from the inputs to the loss. Then a node sends its gradient on before
    anything has reached it: begin with the last node."""
    grads = [0.0] * len(tape)
    grads[-1] = 1.0
    for k in range(len(tape)):
        for parent, local in tape[k]:
            grads[parent] += grads[k] * local
    return grads


def local_derivatives_only(tape):
    """Your function adds local derivatives, but does not multiply them by the gradient of the node
    that sends. Along a path derivatives multiply."""
    grads = [0.0] * len(tape)
    grads[-1] = 1.0
    for k in reversed(range(len(tape))):
        for parent, local in tape[k]:
            grads[parent] += local
    return grads


def added_along_the_path(tape):
    """Your function adds the local derivative to the gradient that is sent. Along a path they
    multiply; only where paths meet they add."""
    grads = [0.0] * len(tape)
    grads[-1] = 1.0
    for k in reversed(range(len(tape))):
        for parent, local in tape[k]:
            grads[parent] += grads[k] + local
    return grads


def uses_multiplied(tape):
    """Your function multiplies what comes back along several arrows. Derivatives multiply along a
    path, but where paths meet, in a node, they add."""
    grads = [
        1.0 if any(k == p for arrows in tape for p, _ in arrows) else 0.0 for k in range(len(tape))
    ]
    grads[-1] = 1.0
    for k in reversed(range(len(tape))):
        for parent, local in tape[k]:
            grads[parent] *= grads[k] * local
    return grads


def uses_averaged(tape):
    """Your function divides by the number of uses. When x moves, all its uses move with it, so
    their shares add up in full."""
    grads, uses = [0.0] * len(tape), [0] * len(tape)
    grads[-1] = 1.0
    for k in reversed(range(len(tape))):
        grads[k] /= max(uses[k], 1)
        for parent, local in tape[k]:
            grads[parent] += grads[k] * local
            uses[parent] += 1
    return grads


def loss_begins_at_zero(tape):
    """Your function gives zeros: the loss itself must begin with the gradient 1, or nothing is sent
    back."""
    return [0.0] * len(tape)


def tape_cases(rng):
    yield ([[], [], [(0, 1.0), (1, 1.0)], [(2, 3.0), (0, 2.0)]],)  # (x + y) x
    yield ([[], [(0, 3.0), (0, 3.0)]],)  # x · x at 3
    yield ([[]],)  # a loss that is made from nothing
    yield ([[], [], [(0, 2.0)]],)  # node 1 is not used
    yield ([[], [(0, 2.0)], [(0, 5.0)], [(1, 1.0), (2, 1.0)], [(3, -1.0)]],)  # two paths meet
    yield ([[], [(0, 0.0)], [(0, 4.0), (1, 1.0)], [(2, 0.5), (1, 3.0)]],)
    for length in (6, 9, 12):
        tape = [[], []]
        for k in range(2, length):
            parents = rng.integers(k, size=2).tolist()
            tape.append([(parent, float(rng.integers(-3, 4))) for parent in parents])
        yield (tape,)


EXERCISE = Exercise(
    id="03.2",
    title="Repair the walk",
    cases=tape_cases,
    answer=gradients,
    hints=(
        "Follow the example. What is grads[0] after the loss has sent, and what is it after s has?",
        "s replaces the 2 by a 3. What should happen where two arrows leave one node?",
        "Their shares add up: grads[parent] += grads[k] * local.",
    ),
    misconceptions=(
        overwritten,
        first_one_kept,
        walked_forwards,
        local_derivatives_only,
        added_along_the_path,
        uses_multiplied,
        uses_averaged,
        loss_begins_at_zero,
    ),
)
