"""The GPT of nanoGPT's README for the CPU (Karpathy, 2022), re-implemented, with switches.

4 layers, 4 heads, 128 wide, 64 characters, no biases, output layer tied to the embedding; weights
normal with a standard deviation of 0.02, 0.02/√8 where a branch writes to the stream.
"""

import math
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from helpers.models import modern_llm

__all__ = ["ReadmeGPT", "Recipe"]

T, WIDTH, HEADS, LAYERS = 64, 128, 4, 4


@dataclass(frozen=True)
class Recipe:
    """The README's recipe, with one switch for each change of lesson 13.

    Attributes:
        lr: AdamW's rate at its highest.
        batch: windows in a step.
        precision: of float32 matrix products, as torch names it.
        fused: AdamW in one call for all parameters.
        explicit: attention by baddbmm and softmax in place of scaled_dot_product_attention.
        rotary: positions by rotation in place of a learnt table.
        muon: Muon for the matrices of the blocks.
        bfloat16: forward pass under autocast.
    """

    lr: float = 1e-3
    batch: int = 12
    precision: str = "highest"
    fused: bool = False
    explicit: bool = False
    rotary: bool = False
    rms_norm: bool = False
    relu_squared: bool = False
    muon: bool = False
    bfloat16: bool = False


def norm(recipe: Recipe) -> nn.Module:
    return nn.RMSNorm(WIDTH) if recipe.rms_norm else nn.LayerNorm(WIDTH, bias=False)


class Attention(nn.Module):
    """Causal multi-head attention, (B, T', WIDTH) → (B, T', WIDTH), T' up to T."""

    def __init__(self, recipe: Recipe):
        super().__init__()
        self.recipe = recipe
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH, bias=False)
        self.proj = nn.Linear(WIDTH, WIDTH, bias=False)
        cos, sin = modern_llm.rotary_tables(T, WIDTH // HEADS)
        future = torch.full((T, T), -math.inf).triu(1)
        for name, table in {"cos": cos, "sin": sin, "future": future}.items():
            self.register_buffer(name, table.float(), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, length, _ = x.shape
        heads = self.qkv(x).view(B, length, 3 * HEADS, WIDTH // HEADS).transpose(1, 2)
        q, k, v = heads.split(HEADS, dim=1)  # (B, HEADS, T', d_k)
        if self.recipe.rotary:
            cos, sin = self.cos[:length], self.sin[:length]
            q, k = modern_llm.rotate(q, cos, sin), modern_llm.rotate(k, cos, sin)
        if self.recipe.explicit:
            q, k, v = (part.reshape(B * HEADS, length, -1) for part in (q, k, v))
            mask = self.future[:length, :length]
            scores = torch.baddbmm(mask, q, k.mT, alpha=q.shape[-1] ** -0.5)
            mixed = (scores.softmax(dim=-1) @ v).unflatten(0, (B, HEADS))
        else:
            mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.proj(mixed.transpose(1, 2).reshape(B, length, WIDTH))


class Block(nn.Module):
    """Attention and two matrices, each on normalised input and added to the stream."""

    def __init__(self, recipe: Recipe):
        super().__init__()
        self.relu_squared = recipe.relu_squared
        self.norm1, self.norm2 = norm(recipe), norm(recipe)
        self.attention = Attention(recipe)
        self.up = nn.Linear(WIDTH, 4 * WIDTH, bias=False)
        self.down = nn.Linear(4 * WIDTH, WIDTH, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attention(self.norm1(x))
        u = self.up(self.norm2(x))
        return x + self.down(F.relu(u).square() if self.relu_squared else F.gelu(u))


class ReadmeGPT(nn.Module):
    """Characters ids (B, T') → logits (B, T', vocab_size), T' up to block_size."""

    block_size = T

    def __init__(self, vocab_size: int, recipe: Recipe):
        super().__init__()
        self.tokens = nn.Embedding(vocab_size, WIDTH)
        self.positions = None if recipe.rotary else nn.Embedding(T, WIDTH)
        self.blocks = nn.ModuleList(Block(recipe) for _ in range(LAYERS))
        self.norm = norm(recipe)
        self.output = nn.Linear(WIDTH, vocab_size, bias=False)
        writers = [w for block in self.blocks for w in (block.attention.proj, block.down)]
        for module in self.modules():
            if isinstance(module, nn.Linear | nn.Embedding):
                branches = 2 * LAYERS if module in writers else 1
                nn.init.normal_(module.weight, std=0.02 / math.sqrt(branches))
        self.output.weight = self.tokens.weight

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        x = self.tokens(ids)
        if self.positions is not None:
            x = x + self.positions.weight[: ids.shape[1]]
        for block in self.blocks:
            x = block(x)
        return self.output(self.norm(x))
