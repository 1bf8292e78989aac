"""Fixtures of the tests on figures and on GPT-2."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
import tokenizers
import torch
from small_gpt2 import library_model, small_model

from helpers import plot
from helpers.text import tokenisers


@pytest.fixture
def clean_figures():
    """Figures in the course's style, without a screen; at the end each is drawn and closed."""
    mpl.use("Agg")
    with mpl.rc_context():
        plot.use_style()
        yield
        for number in plt.get_fignums():
            plt.figure(number).canvas.draw()  # every figure can be drawn, without a warning
        plt.close("all")


@pytest.fixture
def folder(tmp_path):
    """A folder as transformers saves it, without a tokenizer."""
    torch.manual_seed(0)
    folder = tmp_path / "saved"
    library_model().save_pretrained(folder)
    return folder


@pytest.fixture
def model():
    torch.manual_seed(1)
    return small_model()


@pytest.fixture(scope="session")
def tokenizer():
    """A small byte-level tokenizer with GPT-2's parts."""
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=[tokenisers.END_OF_TEXT],
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(["the king and the queen of the kingdom " * 5], trainer)
    return tokenizer
