"""What the comparisons of models of characters share: the score of a recurrent model, its size."""

from torch import nn

from helpers import data, metrics, session
from helpers.models import rnn

__all__ = ["parameters", "recurrent_nats", "vocabulary"]


def vocabulary(text: data.Text) -> list[str]:
    """The characters of all parts of a text, sorted."""
    return sorted(set(text.train + text.dev + text.held))


def parameters(model: nn.Module) -> int:
    """How many numbers of a model are trained."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def recurrent_nats(model: rnn.CharModel, text: data.Text) -> float:
    """Nats per character of a recurrent model of lesson 05 on the whole held-out text.

    The text is read in 64 pieces, each warmed up on the 256 characters before it.
    """
    ids = rnn.encode(text.dev[-256:] + text.held, vocabulary(text))
    with session.matmul_precision("medium"):
        log_probs = rnn.log_probabilities(model, ids, warm=256)
    return metrics.nats_per_character(log_probs, len(text.held))
