"""The exercises of lesson 08: what is right, and the known mistakes."""

import numpy as np

from helpers.exercises.engine import Exercise

# 08.1


def kl_to_standard_normal(mu, logvar):
    return 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar).sum(axis=1)


def logvar_taken_for_log_sigma(mu, logvar):
    """Your function behaves exactly as if `logvar` were log σ: it takes exp(2 · logvar) for σ²
    and 2 · logvar for log σ². But logvar = log σ², so σ² = exp(logvar)."""
    return 0.5 * (mu**2 + np.exp(2 * logvar) - 1 - 2 * logvar).sum(axis=1)


def variance_taken_for_deviation(mu, logvar):
    """Your function behaves exactly as if σ² were exp(2 · logvar), but takes `logvar` itself for
    log σ²: one of the two terms reads it as log σ. Use σ² = exp(logvar) in both."""
    return 0.5 * (mu**2 + np.exp(2 * logvar) - 1 - logvar).sum(axis=1)


def deviation_taken_for_variance(mu, logvar):
    """Your function behaves exactly as if σ² were exp(logvar / 2). That is σ. The variance is
    exp(logvar)."""
    return 0.5 * (mu**2 + np.exp(0.5 * logvar) - 1 - logvar).sum(axis=1)


def sign_turned(mu, logvar):
    """Your result is the right one with its sign turned. A divergence is never negative: check it
    at mu = 1, logvar = 0, where it is ½ for each dimension."""
    return -kl_to_standard_normal(mu, logvar)


def mean_over_latent_dimensions(mu, logvar):
    """Your function takes the mean over the latent dimensions. They are independent, so their
    divergences add up: use the sum over axis 1."""
    return 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar).mean(axis=1)


def half_forgotten(mu, logvar):
    """Your result is twice the right one: the factor ½ is missing."""
    return 2 * kl_to_standard_normal(mu, logvar)


def summed_over_the_batch(mu, logvar):
    """Your function sums over the batch as well. Each sample has a divergence of its own: sum over
    axis 1 only, and return shape (B,)."""
    return kl_to_standard_normal(mu, logvar).sum()


def averaged_over_the_batch(mu, logvar):
    """Your function returns the mean over the batch. That comes later, in the loss: here each
    sample has a divergence of its own, shape (B,)."""
    return kl_to_standard_normal(mu, logvar).mean()


def summed_over_axis_0(mu, logvar):
    """Your function sums over axis 0, the batch, and gives one number for each dimension. Sum over
    axis 1, the latent dimensions: one divergence for each sample, shape (B,)."""
    return 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar).sum(axis=0)


def not_summed(mu, logvar):
    """Your function returns the divergence of every dimension, shape (B, d_z). They are right: now
    sum them over axis 1."""
    return 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar)


def one_left_out(mu, logvar):
    """Your function leaves out the −1. At mu = 0, logvar = 0 the two distributions are the same:
    check that the result is 0 there."""
    return 0.5 * (mu**2 + np.exp(logvar) - logvar).sum(axis=1)


def mu_not_squared(mu, logvar):
    """Your function adds mu itself. Its square belongs there: a mean of −2 is as far from 0 as a
    mean of 2."""
    return 0.5 * (mu + np.exp(logvar) - 1 - logvar).sum(axis=1)


def reverse_kl(mu, logvar):
    """Your function computes the reverse divergence, KL(N(0, I) ‖ N(mu, σ²)). The encoder's
    distribution stands first: nothing is divided by σ² then, since the prior's variance is 1."""
    return 0.5 * ((1 + mu**2) * np.exp(-logvar) - 1 + logvar).sum(axis=1)


def kl_to_standard_normal_cases(rng):
    mu = np.array([[1.0, 0.0], [0.0, -2.0], [0.5, 1.0]])
    yield mu, np.array([[0.0, -1.0], [1.0, 0.5], [-2.0, 0.0]])
    for B, d_z in ((3, 3), (4, 2), (1, 5), (5, 1)):
        yield rng.normal(size=(B, d_z)), rng.normal(size=(B, d_z))


# 08.2


def reparameterise(mu, logvar, eps):
    return mu + np.exp(0.5 * logvar) * eps


def half_left_out(mu, logvar, eps):
    """Your function multiplies the noise by exp(logvar), which is the variance σ². The standard
    deviation σ is exp(logvar / 2): the ½ is missing."""
    return mu + np.exp(logvar) * eps


def half_outside_the_exponential(mu, logvar, eps):
    """Your function multiplies the noise by ½ exp(logvar). The ½ is the square root of σ², so it
    belongs inside the exponential: σ = exp(logvar / 2)."""
    return mu + 0.5 * np.exp(logvar) * eps


def log_variance_as_deviation(mu, logvar, eps):
    """Your function multiplies the noise by logvar itself. A standard deviation is positive, and a
    logarithm need not be: take σ = exp(logvar / 2)."""
    return mu + logvar * eps


def deviation_forgotten(mu, logvar, eps):
    """Your function adds the noise as it is, with a standard deviation of 1. It must be scaled by
    σ = exp(logvar / 2) first."""
    return mu + eps


def mean_scaled_too(mu, logvar, eps):
    """Your function scales the mean as well: (mu + eps) · σ has the mean mu · σ. Scale the noise,
    then add mu."""
    return (mu + eps) * np.exp(0.5 * logvar)


def root_of_the_log_variance(mu, logvar, eps):
    """Your function takes the root of `logvar` itself. A logarithm may be negative, and its root is
    then nan. The root belongs to the variance: σ = √exp(logvar) = exp(logvar / 2)."""
    return mu + np.sqrt(logvar) * eps


def noise_left_out(mu, logvar, eps):
    """Your function returns the mean. A sample needs the noise as well: mu + σ · eps."""
    return mu.copy()


def deviation_without_noise(mu, logvar, eps):
    """Your function adds σ itself to the mean: `eps` is left out. The noise decides how many
    standard deviations the sample lies from the mean, and on which side: mu + σ · eps."""
    return mu + np.exp(0.5 * logvar)


def mean_left_out(mu, logvar, eps):
    """Your function returns σ · eps: the noise has the right width, but the mean 0. Add mu."""
    return np.exp(0.5 * logvar) * eps


def reparameterise_cases(rng):
    yield np.array([[1.0, -2.0]]), np.array([[0.0, -2.0]]), np.array([[0.5, -1.0]])
    for B, d_z in ((3, 4), (4, 1), (1, 3)):
        yield tuple(rng.normal(size=(B, d_z)) for _ in range(3))


# 08.3


def elbo(x, logits, mu, logvar):
    log_likelihood = (x * logits - np.logaddexp(0, logits)).sum(axis=1)
    kl = 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar).sum(axis=1)
    return (log_likelihood - kl).mean()


def scaled(x, logits, mu, logvar):
    """right, scaled: both terms are divided by the number of pixels. The balance is right and the
    best weights are the same; the value is nats per pixel, not per image."""
    return elbo(x, logits, mu, logvar) / x.shape[1]


def kl_over_pixels(x, logits, mu, logvar):
    """Your function divides the KL alone by the number of pixels. With 784 pixels that is a KL's
    weight of 1/784: the bound is lost, and little holds the codes near the prior."""
    log_likelihood = (x * logits - np.logaddexp(0, logits)).sum(axis=1)
    kl = 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar).sum(axis=1)
    return (log_likelihood - kl / x.shape[1]).mean()


def mean_over_pixels_in_one_term(x, logits, mu, logvar):
    """Your function takes the mean over the pixels in the reconstruction, but sums the KL. With 784
    pixels that is a KL's weight of 784: the codes collapse onto the prior. Sum over the pixels."""
    log_likelihood = (x * logits - np.logaddexp(0, logits)).mean(axis=1)
    kl = 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar).sum(axis=1)
    return (log_likelihood - kl).mean()


def loss_instead_of_bound(x, logits, mu, logvar):
    """Your result is the loss, the negative ELBO. The bound itself is asked for: log-likelihood
    minus KL, which is to be made large."""
    return -elbo(x, logits, mu, logvar)


def kl_added(x, logits, mu, logvar):
    """Your function adds the KL to the log-likelihood. The bound pays for the code: it is the
    log-likelihood minus the KL."""
    log_likelihood = (x * logits - np.logaddexp(0, logits)).sum(axis=1)
    kl = 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar).sum(axis=1)
    return (log_likelihood + kl).mean()


def kl_averaged_over_latents(x, logits, mu, logvar):
    """Your function takes the mean of the KL over the latent dimensions. Their divergences add up:
    sum over axis 1."""
    log_likelihood = (x * logits - np.logaddexp(0, logits)).sum(axis=1)
    kl = 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar).mean(axis=1)
    return (log_likelihood - kl).mean()


def total_over_the_batch(x, logits, mu, logvar):
    """Your result is the right one times B: you sum over the batch. The loss of this course is a
    mean over the batch."""
    return elbo(x, logits, mu, logvar) * len(x)


def one_value_a_sample(x, logits, mu, logvar):
    """Your function returns one bound for each sample. They are right: now take their mean over the
    batch."""
    log_likelihood = (x * logits - np.logaddexp(0, logits)).sum(axis=1)
    kl = 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar).sum(axis=1)
    return log_likelihood - kl


def log_of_a_rounded_sigmoid(x, logits, mu, logvar):
    """Your function takes the logarithm of a sigmoid. For a logit of −800 the sigmoid is rounded to
    0 and its logarithm is −∞. Use log p = x · logit − log(1 + exp(logit)), with np.logaddexp(0,
    logit) for the second part."""
    p = 1 / (1 + np.exp(-logits))
    log_likelihood = (x * np.log(p) + (1 - x) * np.log(1 - p)).sum(axis=1)
    kl = 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar).sum(axis=1)
    return (log_likelihood - kl).mean()


def log_clipped_at_minus_100(x, logits, mu, logvar):
    """Your function behaves exactly as if log-probabilities stopped at −100, as those of PyTorch's
    binary_cross_entropy do. The slope is lost there. Work with the logits: x · logit −
    np.logaddexp(0, logit)."""
    log_p, log_q = (
        np.maximum(-np.logaddexp(0, -logits), -100),
        np.maximum(-np.logaddexp(0, logits), -100),
    )
    log_likelihood = (x * log_p + (1 - x) * log_q).sum(axis=1)
    kl = 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar).sum(axis=1)
    return (log_likelihood - kl).mean()


def clipped_elbo(x, logits, mu, logvar, smallest):
    p = np.clip(1 / (1 + np.exp(-logits)), smallest, 1 - smallest)
    log_likelihood = (x * np.log(p) + (1 - x) * np.log(1 - p)).sum(axis=1)
    return (log_likelihood - kl_to_standard_normal(mu, logvar)).mean()


def probability_clipped_at_1e_7(x, logits, mu, logvar):
    """Your function behaves exactly as if 1e-7 were added to the probabilities, or they were
    clipped there. That caps a pixel's loss at −log(1e-7), about 16 nats: a logit of −800 on ink
    costs 800. The slope is lost too. Work with the logits: x · logit − np.logaddexp(0, logit)."""
    return clipped_elbo(x, logits, mu, logvar, 1e-7)


def probability_clipped_at_1e_8(x, logits, mu, logvar):
    """Your function behaves exactly as if 1e-8 were added to the probabilities, or they were
    clipped there. That caps a pixel's loss at −log(1e-8), about 18 nats: a logit of −800 on ink
    costs 800. The slope is lost too. Work with the logits: x · logit − np.logaddexp(0, logit)."""
    return clipped_elbo(x, logits, mu, logvar, 1e-8)


def exponential_overflows(x, logits, mu, logvar):
    """Your function computes log(1 + exp(logit)) as it stands. For a logit of 800 the exponential
    is larger than the largest float, and the result is −∞. np.logaddexp(0, logit) is the same
    quantity without the overflow."""
    log_likelihood = (x * logits - np.log(1 + np.exp(logits))).sum(axis=1)
    return (log_likelihood - kl_to_standard_normal(mu, logvar)).mean()


def each_term_averaged(x, logits, mu, logvar):
    """Your function takes `.mean()` of each term by itself: the reconstruction is divided by the
    pixels, the KL by the latent dimensions. That is a KL's weight of d / d_z: with 784 pixels and
    20 dimensions, 39. Sum both over axis 1, and take the mean over the batch only."""
    log_likelihood = (x * logits - np.logaddexp(0, logits)).mean()
    return log_likelihood - kl_to_standard_normal(mu, logvar).mean() / mu.shape[1]


def kl_with_log_sigma(x, logits, mu, logvar):
    """Your function behaves exactly as if `logvar` were log σ: its KL takes exp(2 · logvar) for σ²
    and 2 · logvar for log σ². But logvar = log σ², so σ² = exp(logvar)."""
    log_likelihood = (x * logits - np.logaddexp(0, logits)).sum(axis=1)
    return (log_likelihood - kl_to_standard_normal(mu, 2 * logvar)).mean()


def kl_left_out(x, logits, mu, logvar):
    """Your function returns the log-likelihood alone. The bound pays for the code: subtract the KL
    that you wrote in 08.1."""
    return (x * logits - np.logaddexp(0, logits)).sum(axis=1).mean()


def elbo_cases(rng):
    x, logits = np.array([[1.0, 0.0, 0.5]]), np.array([[2.0, -1.0, 0.0]])
    yield x, logits, np.array([[1.0, 0.5]]), np.array([[0.0, -1.0]])
    for B, d, d_z in ((3, 6, 2), (2, 4, 5), (1, 5, 1)):
        x, logits = (rng.random((B, d)) < 0.4) * 1.0, rng.normal(0, 2, size=(B, d))
        yield x, logits, rng.normal(size=(B, d_z)), rng.normal(size=(B, d_z))
    x, logits = np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[-800.0, 1.0], [-2.0, 3.0]])
    yield x, logits, rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
    x, logits = np.array([[0.0, 1.0, 0.0]]), np.array([[800.0, 800.0, -800.0]])
    yield x, logits, rng.normal(size=(1, 2)), rng.normal(size=(1, 2))


# 08.4


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


def importance_bound_cases(rng):
    yield (np.log(np.array([[1.0, 2.0], [3.0, 2.0]])),)
    yield (np.array([[-1000.0, -100.0, -3.0], [-1001.0, -98.0, -4.0]]),)
    yield (np.array([[-1000.0, -1002.0], [-1001.0, -999.0]]),)
    for S, B in ((3, 3), (10, 4), (1, 2), (5, 1)):
        yield (rng.normal(-2, 2, size=(S, B)),)


# 08.5


def psnr(image, original, data_range):
    mean_squared_error = ((image - original) ** 2).mean()
    return 10 * np.log10(data_range**2 / mean_squared_error)


def range_left_out(image, original, data_range):
    """Your function behaves exactly as if the data range were 1. Pixels from 0 to 255 have a peak
    of 255: the ratio is data_range² / mean squared error."""
    return psnr(image, original, 1)


def range_always_255(image, original, data_range):
    """Your function behaves exactly as if the data range were 255, whatever the pixels are. For
    pixels from 0 to 1 that adds 48 decibels. Use `data_range`."""
    return psnr(image, original, 255)


def range_not_squared(image, original, data_range):
    """Your function divides the range by the mean squared error without squaring it. Both must be
    squares of grey levels: data_range² / mean squared error."""
    return 10 * np.log10(data_range / ((image - original) ** 2).mean())


def natural_logarithm(image, original, data_range):
    """Your function takes the natural logarithm. Decibels use base 10: np.log10."""
    return 10 * np.log(data_range**2 / ((image - original) ** 2).mean())


def factor_twenty(image, original, data_range):
    """Your result is twice the right one: the factor 20 goes with data_range / root mean squared
    error, the factor 10 with the ratio of the squares."""
    return 2 * psnr(image, original, data_range)


def factor_ten_with_the_root(image, original, data_range):
    """Your result is half the right one: the factor 10 goes with the ratio of the squares. With
    data_range / root mean squared error the factor is 20."""
    return psnr(image, original, data_range) / 2


def squared_error_summed(image, original, data_range):
    """Your function sums the squared error over the pixels. PSNR uses the mean, so that it does not
    fall with the size of the image."""
    return 10 * np.log10(data_range**2 / ((image - original) ** 2).sum())


def sign_of_the_ratio(image, original, data_range):
    """Your result has the wrong sign: the ratio stands upside down. The peak is above, the error
    below, so a better image has more decibels."""
    return -psnr(image, original, data_range)


def psnr_cases(rng):
    yield np.array([[0.0, 0.5], [1.0, 0.2]]), np.array([[0.1, 0.5], [0.8, 0.2]]), 1
    for low, high, decimals, shape in ((0, 255, 0, (3, 4)), (0, 1, 2, (5, 2)), (-1, 1, 2, (1, 6))):
        original = rng.uniform(low, high, shape).round(decimals)
        image = (original + 0.1 * (high - low) * rng.normal(size=shape)).round(decimals)
        yield image.clip(low, high), original, high - low


# 08.6


def free_bits(kl, free):
    return np.maximum(kl.mean(axis=0), free).sum()


def excess_over_the_floor(kl, free):
    """right, shifted: you count what each dimension pays above its free nats, so your value is the
    asked one minus d_z · free. The slopes are the same."""
    return np.maximum(kl.mean(axis=0) - free, 0).sum()


def floor_on_the_total(kl, free):
    """Your function compares the total KL of the batch with `free`. One busy dimension then pays
    for all, and the others may collapse. Compare each dimension's mean with `free`, then sum."""
    return np.maximum(kl.mean(axis=0).sum(), free)


def floor_of_all_dimensions_on_the_total(kl, free):
    """Your function compares the total KL of the batch with d_z · free. One busy dimension may then
    use up what is free for all, and the others collapse. Compare each dimension's mean with
    `free`, then sum."""
    return np.maximum(kl.mean(axis=0).sum(), free * kl.shape[1])


def minimum_for_maximum(kl, free):
    """Your function takes the minimum. Then what lies above `free` costs nothing, and what lies
    below is still pushed to zero: the opposite of the aim. Take the maximum."""
    return np.minimum(kl.mean(axis=0), free).sum()


def floor_for_every_sample(kl, free):
    """Your function takes the maximum for every sample, before the mean over the batch. Then a
    dimension may not be silent for one image and busy for another. Average over the batch first."""
    return np.maximum(kl, free).mean(axis=0).sum()


def maximum_left_out(kl, free):
    """Your function returns the mean KL as it is. A dimension whose mean lies below `free` should
    count as `free`."""
    return kl.mean(axis=0).sum()


def mean_over_dimensions(kl, free):
    """Your function averages over the latent dimensions. Take the mean over the batch, the maximum
    with `free`, and the sum over the dimensions."""
    return np.maximum(kl.mean(axis=0), free).mean()


def summed_over_batch(kl, free):
    """Your function sums each dimension's KL over the batch. The sum grows with the batch, and soon
    lies above any `free`: take the mean over axis 0."""
    return np.maximum(kl.sum(axis=0), free).sum()


def mean_over_axis_1(kl, free):
    """Your function takes the mean over axis 1, the latent dimensions, and compares each sample
    with `free`. The batch is axis 0: average over it, and compare each dimension."""
    return np.maximum(kl.mean(axis=1), free).sum()


def free_bits_cases(rng):
    yield np.array([[0.0, 1.0], [0.2, 3.0]]), 0.5
    for B, d_z, free in ((4, 3, 0.5), (1, 4, 0.3), (5, 1, 1.5), (3, 6, 0.8)):
        yield rng.exponential(0.8, size=(B, d_z)) * rng.choice([0.1, 2.0], size=d_z), free


EXERCISES = (
    Exercise(
        id="08.1",
        title="KL to the standard normal",
        cases=kl_to_standard_normal_cases,
        answer=kl_to_standard_normal,
        hints=(
            "The dimensions are independent: find the divergence of one, then sum.",
            "With the prior's mean 0 and variance 1, log(σ₂/σ₁) becomes −½ logvar. What becomes of "
            "the other terms?",
            "Each dimension gives ½ (mu² + exp(logvar) − 1 − logvar); sum over axis 1.",
        ),
        misconceptions=(
            logvar_taken_for_log_sigma,
            variance_taken_for_deviation,
            deviation_taken_for_variance,
            sign_turned,
            mean_over_latent_dimensions,
            half_forgotten,
            summed_over_the_batch,
            averaged_over_the_batch,
            summed_over_axis_0,
            not_summed,
            one_left_out,
            mu_not_squared,
            reverse_kl,
        ),
    ),
    Exercise(
        id="08.2",
        title="Reparameterise",
        cases=reparameterise_cases,
        answer=reparameterise,
        hints=(
            "What must you do to standard normal noise to give it a mean and a standard deviation?",
            "z = μ + σ ε, element by element. Which power of exp(logvar) = σ² is σ?",
            "σ = exp(0.5 · logvar).",
        ),
        misconceptions=(
            half_left_out,
            half_outside_the_exponential,
            log_variance_as_deviation,
            deviation_forgotten,
            mean_scaled_too,
            root_of_the_log_variance,
            noise_left_out,
            deviation_without_noise,
            mean_left_out,
        ),
    ),
    Exercise(
        id="08.3",
        title="The ELBO of a batch",
        cases=elbo_cases,
        answer=elbo,
        hints=(
            "Two terms for each image: its log-likelihood, and the KL that you wrote in 08.1.",
            "A pixel's log-likelihood is x · logit − log(1 + exp(logit)); np.logaddexp(0, logit) "
            "is its second part and does not overflow.",
            "Sum the pixels over axis 1, sum the KL over axis 1, subtract, and take the mean over "
            "the batch last.",
        ),
        misconceptions=(
            kl_over_pixels,
            mean_over_pixels_in_one_term,
            loss_instead_of_bound,
            kl_added,
            kl_averaged_over_latents,
            total_over_the_batch,
            one_value_a_sample,
            log_of_a_rounded_sigmoid,
            log_clipped_at_minus_100,
            probability_clipped_at_1e_7,
            probability_clipped_at_1e_8,
            exponential_overflows,
            each_term_averaged,
            kl_with_log_sigma,
            kl_left_out,
        ),
        accepted=(scaled,),
    ),
    Exercise(
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
        ),
    ),
    Exercise(
        id="08.5",
        title="PSNR",
        cases=psnr_cases,
        answer=psnr,
        hints=(
            "Begin with the mean over all pixels of the squared difference.",
            "The peak signal is the data range. Power goes with the square of a signal.",
            "10 · log10(data_range² / mean squared error).",
        ),
        misconceptions=(
            range_left_out,
            range_always_255,
            range_not_squared,
            natural_logarithm,
            factor_twenty,
            factor_ten_with_the_root,
            squared_error_summed,
            sign_of_the_ratio,
        ),
    ),
    Exercise(
        id="08.6",
        title="Free bits",
        cases=free_bits_cases,
        answer=free_bits,
        hints=(
            "Which axis is the batch? Average over it first: one number for each dimension.",
            "A dimension below its free nats should count as `free`, so that nothing is gained by "
            "pushing it further down.",
            "np.maximum of the means with `free`, then the sum over the dimensions.",
        ),
        misconceptions=(
            floor_on_the_total,
            floor_of_all_dimensions_on_the_total,
            minimum_for_maximum,
            floor_for_every_sample,
            maximum_left_out,
            mean_over_dimensions,
            summed_over_batch,
            mean_over_axis_1,
        ),
        accepted=(excess_over_the_floor,),
    ),
)
