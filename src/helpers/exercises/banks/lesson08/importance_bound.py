"""Exercise 08.4: the importance-weighted bound. What is right, and the known mistakes."""

import numpy as np

from helpers.exercises.engine import Exercise


def importance_bound(log_weights):
    largest = log_weights.max(axis=0)
    return largest + np.log(np.exp(log_weights - largest).mean(axis=0))


def mean_of_logs(log_weights):
    """Your function takes the mean of the log-weights. That is the ELBO again, estimated with S
    samples. The importance-weighted bound is the logarithm of the mean weight."""
    return log_weights.mean(axis=0)


def log_of_the_sum(log_weights):
    """Your function takes the logarithm of the sum of the weights: − log S is forgotten. The result
    grows with S, and it is no lower bound."""
    return importance_bound(log_weights) + np.log(len(log_weights))


def mean_over_the_wrong_axis(log_weights):
    """Your function averages over the images (axis 1). The S samples of one image stand in a
    column: average over axis 0, and return one bound for each image."""
    return importance_bound(log_weights.T)


def weights_underflow(log_weights):
    """Your function takes exp of the log-weights as they are. For an image they are near −100 or
    −1000, and exp(−1000) is 0. Take off the largest of each image first, and add it again after
    the logarithm."""
    return np.log(np.exp(log_weights).mean(axis=0))


def largest_weight_not_added_again(log_weights):
    """Your function takes off the largest log-weight of each image and does not add it again after
    the logarithm."""
    return np.log(np.exp(log_weights - log_weights.max(axis=0)).mean(axis=0))


def averaged_over_images(log_weights):
    """Your function averages the bounds over the images. They are right: return one for each image,
    shape (B,)."""
    return importance_bound(log_weights).mean()


def one_maximum_for_all_images(log_weights):
    """Your function takes off one maximum for all images. An image at −1000 beside one at −3 still
    gives exp(−997) = 0. Take off the largest of each image: log_weights.max(axis=0)."""
    largest = log_weights.max()
    return largest + np.log(np.exp(log_weights - largest).mean(axis=0))


def log_s_added(log_weights):
    """Your function adds log S to the logarithm of the sum. A mean is the sum divided by S, so
    log S is subtracted."""
    return importance_bound(log_weights) + 2 * np.log(len(log_weights))


def negative_of_the_bound(log_weights):
    """Your result is the right one with its sign turned: a loss. The bound itself is asked for,
    which lies below log p(x)."""
    return -importance_bound(log_weights)


def kept_from_zero(log_weights):
    """Your function adds 1e-12 to the mean weight before the logarithm. That keeps it from −∞, but
    no bound is then below −28, and an image's is near −100 or −1000. Take off the largest
    log-weight of each image first, and add it again after the logarithm."""
    return np.log(np.exp(log_weights).mean(axis=0) + 1e-12)


def kept_from_zero_by_more(log_weights):
    """Your function adds 1e-8 to the mean weight before the logarithm. That keeps it from −∞, but
    no bound is then below −18, and an image's is near −100 or −1000. Take off the largest
    log-weight of each image first, and add it again after the logarithm."""
    return np.log(np.exp(log_weights).mean(axis=0) + 1e-8)


def divided_outside_the_logarithm(log_weights):
    """Your function divides the logarithm of the sum by S. The weights are averaged before the
    logarithm, and log(sum / S) is log(sum) − log S."""
    return (importance_bound(log_weights) + np.log(len(log_weights))) / len(log_weights)


def only_the_largest_weight(log_weights):
    """Your function returns the largest log-weight of each image minus log S: the other weights are
    left out. Their share is the logarithm of the sum of exp(log_weights − largest), between 0 and
    log S."""
    return log_weights.max(axis=0) - np.log(len(log_weights))


def largest_weight(log_weights):
    """Your function returns the largest log-weight of each image. The bound is the logarithm of the
    mean weight: add the logarithm of the mean of exp(log_weights − largest)."""
    return log_weights.max(axis=0)


def not_the_largest_taken_off(log_weights):
    """Your function behaves exactly as if the smallest log-weight of each image, or their mean,
    were taken off before exp. A weight that lies far above it still overflows: exp(1997) is
    infinite. Take off the largest, so that no exponent is above 0."""
    smallest = log_weights.min(axis=0)
    return smallest + np.log(np.exp(log_weights - smallest).mean(axis=0))


def first_sample_taken_off(log_weights):
    """Your function behaves exactly as if the first sample's log-weight were taken off before exp.
    Another sample may lie far above it, and exp(1997) is infinite. Take off the largest of each
    image: log_weights.max(axis=0)."""
    return log_weights[0] + np.log(np.exp(log_weights - log_weights[0]).mean(axis=0))


def importance_bound_cases(rng):
    yield (np.array([[0.0, -1.0], [0.0, 1.0]]),)
    yield (np.array([[-1000.0, -100.0, -3.0], [-1001.0, -98.0, -4.0]]),)
    yield (np.array([[-1000.0, -1002.0], [-1001.0, -999.0]]),)
    yield (np.array([[-2000.0], [-3.0]]),)
    yield (np.array([[-3.0], [-2000.0]]),)
    yield (np.array([[800.0], [799.0]]),)
    for S, B in ((3, 3), (10, 4), (1, 2), (5, 1)):
        yield (rng.normal(-2, 2, size=(S, B)),)


EXERCISE = Exercise(
    id="08.4",
    title="The importance-weighted bound",
    cases=importance_bound_cases,
    answer=importance_bound,
    hints=(
        "The bound is the logarithm of a mean. The mean is over the S weights of one image.",
        "exp(−1000) is 0 on a computer. Take off the largest log-weight of each image first.",
        "With m = log_weights.max(axis=0): m + log(mean over axis 0 of exp(log_weights − m)).",
    ),
    misconceptions=(
        mean_of_logs,
        log_of_the_sum,
        mean_over_the_wrong_axis,
        weights_underflow,
        largest_weight_not_added_again,
        averaged_over_images,
        one_maximum_for_all_images,
        log_s_added,
        negative_of_the_bound,
        kept_from_zero,
        kept_from_zero_by_more,
        divided_outside_the_logarithm,
        only_the_largest_weight,
        largest_weight,
        not_the_largest_taken_off,
        first_sample_taken_off,
    ),
)
