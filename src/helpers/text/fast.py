"""A faster step of generation; lesson 11 measures it in its section "How fast".

`generation` works without this file: a step there is a call of the model. What is here computes the
same for the course's GPT-2, in less time, for three reasons that the lesson separates:

- It calls PyTorch's functions and no modules, of which there are ten a layer: a module looks for
  hooks and finds its tensors by name, which takes as long as the arithmetic of a small model.
- A small model runs in one thread: its operations are too short to be shared.
- A large model multiplies at precision "medium", where processors with units for bfloat16 gain.
"""

import contextlib
import math
from collections.abc import Callable, Iterator

import torch
from torch import nn
from torch.nn import functional as F

from helpers import session
from helpers.models.gpt2 import GPT2, MLP, Attention, Block, KVCache

__all__ = ["WIDE", "settings", "step_of"]

WIDE = 512  # from this n_embd on, several threads and precision "medium" are faster

Step = Callable[[torch.Tensor, list[KVCache]], torch.Tensor]


@contextlib.contextmanager
def settings(model: GPT2) -> Iterator[None]:
    """PyTorch's threads and precision as is best for a model, inside the block only."""
    threads = torch.get_num_threads()
    if model.config.n_embd >= WIDE:
        with session.matmul_precision("medium"):
            yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def step_of(model: GPT2) -> Step:
    """A function that reads one token of each text, ids (B,), and returns the logits (B, V).

    A model of which a layer was exchanged, by LoRA for example, is simply called.
    """
    plain = (GPT2, Block, Attention, MLP, nn.ModuleList, nn.Embedding, nn.Linear, nn.LayerNorm)
    if not all(type(module) in plain for module in model.modules()):
        return lambda ids, cache: model(ids[:, None], cache)[:, -1]
    c = model.config
    d, n_head, d_k, eps = c.n_embd, c.n_head, c.n_embd // c.n_head, c.layer_norm_epsilon
    blocks = [_weights(block) for block in model.h]
    wte, wpe, output = model.wte.weight, model.wpe.weight, model.wte.weight.detach().T  # (d, V)
    gain, shift = model.ln_f.weight, model.ln_f.bias

    def step(ids: torch.Tensor, cache: list[KVCache]) -> torch.Tensor:
        t = cache[0].length
        x = wte[ids] + wpe[t]  # (B, d)
        for layer, weights in zip(cache, blocks, strict=True):
            g1, b1, W_qkv, b_qkv, W_o, b_o, g2, b2, W_fc, b_fc, W_p, b_p = weights
            normed = F.layer_norm(x, (d,), g1, b1, eps)
            qkv = torch.addmm(b_qkv, normed, W_qkv).view(-1, 3, n_head, 1, d_k)
            layer.buffer[:, :, :, t : t + 1] = qkv[:, 1:].transpose(0, 1)
            k, v = layer.buffer[:, :, :, : t + 1]  # (B, n_head, t + 1, d_k) each
            layer.length = t + 1
            mixed = _attention(qkv[:, 0], k, v).view(-1, d)
            x = torch.addmm(b_o, mixed, W_o).add_(x)
            normed = F.layer_norm(x, (d,), g2, b2, eps)
            hidden = F.gelu(torch.addmm(b_fc, normed, W_fc), approximate="tanh")
            x = torch.addmm(b_p, hidden, W_p).add_(x)
        return F.layer_norm(x, (d,), gain, shift, eps) @ output

    return step


def _weights(block: Block) -> list[torch.Tensor]:
    """The twelve tensors of a block in the order of their use; matrices as (in, out)."""
    parts = (
        *(block.ln_1, block.attn.c_attn, block.attn.c_proj),
        *(block.ln_2, block.mlp.c_fc, block.mlp.c_proj),
    )
    tensors = [parameter.detach() for part in parts for parameter in part.parameters()]
    return [tensor.T if tensor.dim() == 2 else tensor for tensor in tensors]


def _attention(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """What queries (B, n_head, 1, d_k) take from keys and values (B, n_head, S, d_k)."""
    if q.shape[1] * q.shape[3] < WIDE:
        return F.scaled_dot_product_attention(q, k, v)
    # At precision "medium" oneDNN computes products, and prepares itself for every new shape: S
    # grows at each step. So multiply and sum.
    scores = (q * k).sum(dim=3).div_(math.sqrt(q.shape[3]))
    return (scores.softmax(dim=2)[..., None] * v).sum(dim=2)
