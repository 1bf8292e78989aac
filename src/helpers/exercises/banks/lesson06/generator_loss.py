"""Exercise 06.2: the generator's loss from logits. What is right, and the known mistakes."""

import numpy as np

from helpers.exercises.engine import Exercise
from helpers.exercises.functions import sigmoid


def generator_loss(logits):
    return np.mean(np.logaddexp(0, -logits))


def saturating_form(logits):
    """Your function returns the mean of log(1 − D), the saturating loss. Its slope vanishes when
    the discriminator is sure. The non-saturating loss is the mean of −log D."""
    return np.mean(-np.logaddexp(0, logits))


def labels_swapped(logits):
    """Your function is the cross-entropy with label 0, the mean of −log(1 − D): it teaches the
    generator to be found out. The generator wants the label 1: −log D."""
    return np.mean(np.logaddexp(0, logits))


def log_of_the_mean(logits):
    """Your function takes the logarithm of the mean probability. The loss is the mean of the
    logarithms: one sample that is found out costs much, and a mean of probabilities hides it."""
    return -np.log(np.mean(sigmoid(logits)))


def loss_of_the_mean_logit(logits):
    """Your function takes the mean of the logits first and the loss after it. Compute the loss of
    every sample, then take the mean."""
    return np.logaddexp(0, -np.mean(logits))


def naive_logarithm(logits):
    """Your function is right for moderate logits, and infinite where a logit is −1000: exp(1000)
    overflows, or σ(u) is 0 and its log −∞. Stay with the logits: −log D is log(1 + exp(−u)), which
    is np.logaddexp(0, −u)."""
    return np.mean(-np.log(sigmoid(logits)))


def kept_from_zero(logits):
    """Your function keeps the probability away from 0 by an ε of 1e-8. That caps the loss near 18,
    so its slope is 0 where the discriminator is sure. Stay with the logits: np.logaddexp(0, −u)."""
    return np.mean(-np.log(sigmoid(logits) + 1e-8))


def clipped_as_in_keras(logits):
    """Your function keeps the probability away from 0 by 1e-7, as Keras does when it gets
    probabilities. That caps the loss near 16, so its slope is 0 where the discriminator is sure.
    Stay with the logits: np.logaddexp(0, −u)."""
    return np.mean(-np.log(np.maximum(sigmoid(logits), 1e-7)))


def sigmoid_twice(logits):
    """Your function behaves exactly as if the sigmoid were applied twice: probabilities go into a
    loss that wants logits. Such a loss can never fall below 0.31."""
    return np.mean(np.logaddexp(0, -sigmoid(logits)))


def summed_over_the_batch(logits):
    """Your function adds the losses up. Losses here are means over the batch, so that the size of
    a step does not depend on the size of the batch."""
    return np.sum(np.logaddexp(0, -logits))


def sign_forgotten(logits):
    """Your function returns the mean of log D, which the generator wants to be large. A loss is to
    be made small: put a minus in front."""
    return np.mean(-np.logaddexp(0, -logits))


def critic_score(logits):
    """Your function returns −mean(u), the generator's loss of a Wasserstein GAN, whose critic gives
    scores. Here the numbers are logits: the loss is the mean of −log σ(u)."""
    return -np.mean(logits)


def logits_as_probabilities(logits):
    """Your function takes the logits for probabilities: the logarithm of a negative one is nan. The
    sigmoid turns them into probabilities, and −log σ(u) is log(1 + exp(−u))."""
    return np.mean(-np.log(logits))


def overflows_at_1000(logits):
    """Your function is right for moderate logits, and infinite where a logit is 1000: exp(1000)
    overflows. log(1 + exp(u)) − u is −log D, but np.logaddexp(0, −u) is safe on both sides."""
    return np.mean(np.log(1 + np.exp(logits)) - logits)


def kept_from_zero_by_less(logits):
    """Your function keeps the probability away from 0 by an ε of 1e-12. That caps the loss near 28,
    so its slope is 0 where the discriminator is sure. Stay with the logits: np.logaddexp(0, −u)."""
    return np.mean(-np.log(sigmoid(logits) + 1e-12))


def stopped_at_100(logits):
    """Your function behaves exactly as if log D stopped at −100, as it does in PyTorch's
    binary_cross_entropy, or the logits were clipped there. The slope beyond is 0. Stay with the
    logits as they are: np.logaddexp(0, −u)."""
    return np.mean(np.minimum(np.logaddexp(0, -logits), 100))


def clipped_at_30(logits):
    """Your function clips the logits at ±30. Nothing overflows then, but the loss stops at 30, and
    its slope is 0 where the discriminator is sure. np.logaddexp(0, −u) needs no clipping."""
    return np.mean(np.logaddexp(0, -np.clip(logits, -30, 30)))


def clipped_at_50(logits):
    """Your function clips the logits at ±50. Nothing overflows then, but the loss stops at 50, and
    its slope is 0 where the discriminator is sure. np.logaddexp(0, −u) needs no clipping."""
    return np.mean(np.logaddexp(0, -np.clip(logits, -50, 50)))


def clipped_at_20(logits):
    """Your function clips the logits at ±20. Nothing overflows then, but the loss stops at 20, and
    its slope is 0 where the discriminator is sure. np.logaddexp(0, −u) needs no clipping."""
    return np.mean(np.logaddexp(0, -np.clip(logits, -20, 20)))


def softplus_as_relu(logits):
    """Your function takes max(0, −u) for log(1 + exp(−u)). They agree where |u| is large. At u = 0
    the loss is log 2, not 0: np.logaddexp(0, −u)."""
    return np.mean(np.maximum(0, -logits))


def hinge(logits):
    """Your function is a hinge loss, the mean of max(0, 1 − u): another GAN's. Here the numbers are
    logits, and the loss is the mean of −log σ(u), that is log(1 + exp(−u))."""
    return np.mean(np.maximum(0, 1 - logits))


def squared_distance_from_1(logits):
    """Your function is a least-squares loss, the mean of (σ(u) − 1)²: another GAN's. It saturates
    where the discriminator is sure. The loss here is the mean of −log σ(u)."""
    return np.mean((sigmoid(logits) - 1) ** 2)


def not_averaged(logits):
    """Your function returns a loss for each sample. They are right: now take their mean."""
    return np.logaddexp(0, -logits)


def divided_by_the_rows(logits):
    """Your function adds the losses of all logits up and divides by the number of rows. The logits
    may have more than one column: np.mean divides by the number of all."""
    return np.sum(np.logaddexp(0, -logits)) / len(logits)


def generator_loss_cases(rng):
    yield (np.array([0.0, 2.0]),)
    yield (np.array([[-3.0], [1.0]]),)
    yield (rng.uniform(-3, 3, size=(5, 1)),)
    yield (rng.uniform(-3, 1, size=(2, 3)),)
    yield (np.array([1.5, -1000.0, 0.5, -2.0]),)
    yield (np.array([1.5, 1000.0, 0.5, -2.0]),)
    yield (rng.normal(size=(1, 1)),)


EXERCISE = Exercise(
    id="06.2",
    title="The generator's loss from logits",
    cases=generator_loss_cases,
    answer=generator_loss,
    hints=(
        "It is the cross-entropy of the fakes with label 1.",
        "−log σ(u) = log(1 + exp(−u)), and exp(1000) is too large for a float.",
        "np.logaddexp(0, v) is log(1 + exp(v)), computed safely. Take the mean at the end.",
    ),
    misconceptions=(
        saturating_form,
        labels_swapped,
        log_of_the_mean,
        loss_of_the_mean_logit,
        naive_logarithm,
        kept_from_zero,
        clipped_as_in_keras,
        sigmoid_twice,
        summed_over_the_batch,
        sign_forgotten,
        critic_score,
        logits_as_probabilities,
        overflows_at_1000,
        kept_from_zero_by_less,
        stopped_at_100,
        clipped_at_30,
        clipped_at_50,
        clipped_at_20,
        softplus_as_relu,
        hinge,
        squared_distance_from_1,
        not_averaged,
        divided_by_the_rows,
    ),
)
