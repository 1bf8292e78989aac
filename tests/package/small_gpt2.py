"""Small GPT-2s for several tests: transformers' own, and ours with the same sizes."""

import torch
import transformers

from helpers.models import gpt2

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()

SMALL = {"n_layer": 2, "n_head": 2, "n_embd": 16, "vocab_size": 40, "n_positions": 24}


def library_model(**sizes):
    """A random GPT2LMHeadModel with weights large enough that every part shows in the logits."""
    ends = {"bos_token_id": 0, "eos_token_id": None, "pad_token_id": 0}
    config = transformers.GPT2Config(**SMALL | {"initializer_range": 0.3} | ends | sizes)
    model = transformers.GPT2LMHeadModel(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "ln_" in name or name.endswith("bias"):
                parameter.add_(0.2 * torch.randn_like(parameter))
    return model


def small_model(**sizes):
    """A random GPT2 of ours in eval mode, every weight of which shows in the logits."""
    model = gpt2.GPT2(gpt2.Config(**SMALL | sizes)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return model


def random_ids(model, shape):
    return torch.randint(model.config.vocab_size, shape)
