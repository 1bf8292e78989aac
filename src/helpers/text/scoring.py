"""How well a model predicts a text."""

import tokenizers
import torch
from torch import nn
from torch.nn import functional as F

from helpers import metrics


@torch.no_grad()
def nats_per_character(
    model: nn.Module, tokenizer: tokenizers.Tokenizer, text: str, before: str
) -> float:
    """Score a text in nats per character: every character of it is predicted.

    The window advances by half its length, so that each token has at least half a window of
    context. `before` is the text that precedes; its end is the context of the first tokens.
    """
    T = model.config.n_positions
    stride = T // 2
    context = tokenizer.encode(before).ids[-(T - stride + 1) :]
    ids = torch.tensor(context + tokenizer.encode(text).ids)
    training, log_probs = model.training, []
    model.eval()
    starts = range(len(context), len(ids), stride)
    for chunk in range(0, len(starts), 8):
        rows = [ids[max(0, i - (T - stride + 1)) : i + stride] for i in starts[chunk : chunk + 8]]
        lengths = torch.tensor([len(row) for row in rows])
        new = [min(stride, len(ids) - i) for i in starts[chunk : chunk + 8]]
        padded = nn.utils.rnn.pad_sequence(rows, batch_first=True)  # what follows changes nothing
        logits = model(padded[:, :-1]).float()
        losses = F.cross_entropy(logits.transpose(1, 2), padded[:, 1:], reduction="none")
        for row, length, count in zip(losses, lengths, new, strict=True):
            log_probs.append(-row[length - 1 - count : length - 1])
    model.train(training)
    return metrics.nats_per_character(torch.cat(log_probs), len(text))
