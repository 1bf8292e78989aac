"""How well a model predicts a text, in nats."""

from collections.abc import Sequence

import numpy as np
import tokenizers
import torch
from torch import nn
from torch.nn import functional as F

from helpers import metrics

__all__ = ["nats", "nats_per_character"]

ROWS = 8  # windows that are read at a time


@torch.no_grad()
def nats(
    model: nn.Module,
    tokens: Sequence[int],
    before: Sequence[int],
    stride: int,
    window: int | None = None,
) -> np.ndarray:
    """The surprise −log p of each of M tokens, in nats: (M,). Every token is predicted.

    The model reads windows that advance by `stride`, and of each the last `stride` predictions
    count. So a token has at least window − stride tokens of context, if there are as many.

    Args:
        model: takes ids (B, T) and returns logits (B, T, V) of the token after each.
        tokens: the text; a list, or an array or tensor of one axis.
        before: the tokens that precede it; their end is the context of the first ones. At least
            one, since a model predicts nothing from nothing.
        stride: from 1 to the window.
        window: the longest T that the model reads; its config.n_positions or block_size if None.

    Raises:
        ValueError: there is nothing before the text, or the stride does not fit the window.
    """
    window = window or _longest(model)
    if not 1 <= stride <= window:
        raise ValueError(f"The stride must be in 1 … {window}, the window, not {stride}.")
    context = torch.as_tensor(before)[-(window - stride + 1) :]
    if not len(context):
        raise ValueError("The first token cannot be predicted: nothing precedes it.")
    ids = torch.cat([context, torch.as_tensor(tokens, dtype=context.dtype)])
    starts = range(len(context), len(ids), stride)  # of what is new in each window
    windows = [ids[max(0, i - (window - stride + 1)) : i + stride] for i in starts]
    training, parts = model.training, []
    model.eval()
    try:
        for k in range(0, len(windows), ROWS):
            rows = windows[k : k + ROWS]
            padded = nn.utils.rnn.pad_sequence(rows, batch_first=True)  # after the end: no matter
            logits = model(padded[:, :-1]).float()  # (rows, T, V)
            losses = F.cross_entropy(logits.mT, padded[:, 1:], reduction="none")  # (rows, T)
            for row, loss, i in zip(rows, losses, starts[k : k + ROWS], strict=True):
                new = min(stride, len(ids) - i)
                parts.append(loss[len(row) - 1 - new : len(row) - 1])
    finally:
        model.train(training)
    return torch.cat(parts).numpy() if parts else np.zeros(0, np.float32)


def nats_per_character(
    model: nn.Module, tokenizer: tokenizers.Tokenizer, text: str, before: str
) -> float:
    """Score a text in nats per character, by `nats` with a stride of half a window.

    `before` is the text that precedes; its end is the context of the first tokens.
    """
    tokens, context = tokenizer.encode(text).ids, tokenizer.encode(before).ids
    stride = max(1, _longest(model) // 2)
    surprise = nats(model, tokens, context, stride)
    return metrics.nats_per_character(-surprise, len(text))


def _longest(model: nn.Module) -> int:
    return model.config.n_positions if hasattr(model, "config") else model.block_size
