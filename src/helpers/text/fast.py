"""One step of generation, faster than by the model's own modules; lesson 11 measures it."""

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from helpers.models.gpt2 import GPT2, MLP, Attention, Block, Memory

WIDE = 512  # from this n_embd on, several threads and precision "medium" are faster


class Reader:
    """Reads the tokens that a model has not read yet, and keeps the cache."""

    def __init__(self, model: GPT2, new_tokens: int):
        self.model, self.new_tokens, self.cache = model, new_tokens, None
        self.multiply, self.step = _multiply(model), _one_step(model)
        wide = model.config.n_embd >= WIDE
        self.precision = "medium" if wide else torch.get_float32_matmul_precision()
        self.threads = torch.get_num_threads() if wide else 1

    @torch.inference_mode()
    def next_logits(self, texts: list[list[int]]) -> np.ndarray:
        """Logits (B, V) of the token after each of the texts, all of one length."""
        before = torch.get_float32_matmul_precision(), torch.get_num_threads()
        torch.set_float32_matmul_precision(self.precision)
        torch.set_num_threads(self.threads)
        try:
            hidden = self._last_hidden(texts)
            return self.multiply(hidden, self.model.wte.weight.detach().T).float().cpu().numpy()
        finally:
            torch.set_float32_matmul_precision(before[0])
            torch.set_num_threads(before[1])

    def _last_hidden(self, texts: list[list[int]]) -> torch.Tensor:
        """The last hidden state (B, n_embd) of each text."""
        model, longest = self.model, self.model.config.n_positions
        device = model.wte.weight.device
        if self.cache is not None and self.cache[0].length < longest:
            return self.step(torch.tensor([text[-1] for text in texts], device=device), self.cache)
        length = len(texts[0])
        if length > longest or self.cache is not None:
            texts = [text[-max(1, longest // 2) :] for text in texts]
        same = all(text == texts[0] for text in texts)  # the prompt: read once, then copied
        read = torch.tensor(texts[:1] if same else texts, device=device)
        size = min(longest, read.shape[1] + self.new_tokens)
        self.cache = model.new_cache(len(read), size)
        hidden = model.hidden(read, self.cache)[:, -1]
        if same and len(texts) > 1:
            hidden = hidden.expand(len(texts), -1)
            for memory in self.cache:
                memory.room = memory.room.repeat(1, len(texts), 1, 1, 1)
        return hidden


def _multiply(model: GPT2) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
    """The product x @ W of states (B, n_in) and a matrix (n_in, n_out), as is faster for the model.

    A step of a narrow model takes as long as its matrices take to read. For one text, NumPy's
    OpenBLAS reads them in two thirds of the time that torch.mm takes.
    """
    weight = model.wte.weight
    if model.config.n_embd >= WIDE or weight.device.type != "cpu" or weight.dtype != torch.float32:
        return torch.mm
    return lambda x, W: torch.from_numpy(x.numpy() @ W.numpy())


def _one_step(model: GPT2) -> Callable[[torch.Tensor, list[Memory]], torch.Tensor]:
    """A function that reads one token of each text, ids (B,), and returns the states (B, n_embd).

    For models made of this file's modules it computes what `GPT2.hidden` does, without calling
    modules, of which there are ten a layer. The attention of a wide model multiplies and sums:
    oneDNN, which computes matrix products at precision "medium", prepares itself anew for every new
    shape.
    """
    plain = (GPT2, Block, Attention, MLP, nn.ModuleList, nn.Embedding, nn.Linear, nn.LayerNorm)
    if not all(type(module) in plain for module in model.modules()):
        return lambda ids, cache: model.hidden(ids[:, None], cache)[:, -1]
    d, n_head, eps = model.config.n_embd, model.config.n_head, model.config.layer_norm_epsilon
    d_k, multiply = d // n_head, _multiply(model)
    layers = [
        [
            parameter.detach().T if parameter.dim() == 2 else parameter  # matrices: (in, out)
            for part in (b.ln_1, b.attn.c_attn, b.attn.c_proj, b.ln_2, b.mlp.c_fc, b.mlp.c_proj)
            for parameter in part.parameters()
        ]
        for b in model.h
    ]

    def step(ids: torch.Tensor, cache: list[Memory]) -> torch.Tensor:
        t = cache[0].length
        x = model.wte.weight[ids] + model.wpe.weight[t]  # (B, d)
        for memory, weights in zip(cache, layers, strict=True):
            g1, b1, W_qkv, b_qkv, W_o, b_o, g2, b2, W_fc, b_fc, W_p, b_p = weights
            normed = nn.functional.layer_norm(x, (d,), g1, b1, eps)
            qkv = multiply(normed, W_qkv).add_(b_qkv).view(-1, 3, n_head, 1, d_k)
            memory.room[:, :, :, t : t + 1] = qkv[:, 1:].transpose(0, 1)
            k, v = memory.room[:, :, :, : t + 1]  # (B, n_head, t + 1, d_k) each
            memory.length = t + 1
            if d < WIDE:
                mixed = nn.functional.scaled_dot_product_attention(qkv[:, 0], k, v)
            else:
                scores = (qkv[:, 0] * k).sum(dim=3).div_(math.sqrt(d_k))
                mixed = (scores.softmax(dim=2)[..., None] * v).sum(dim=2)
            x = multiply(mixed.reshape(-1, d), W_o).add_(b_o).add_(x)
            normed = nn.functional.layer_norm(x, (d,), g2, b2, eps)
            hidden = nn.functional.gelu(multiply(normed, W_fc).add_(b_fc), approximate="tanh")
            x = multiply(hidden, W_p).add_(b_p).add_(x)
        return model.ln_f(x)

    return step
