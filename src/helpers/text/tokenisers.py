"""Tokenisers learnt from a text."""

import tokenizers


def make_tokenizer(text: str, vocab_size: int) -> tokenizers.Tokenizer:
    """Byte-level byte-pair encoding as GPT-2 has it, with merges learnt from this text alone.

    Any text can be encoded, since all 256 bytes are tokens. A short text may give fewer tokens.
    """
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=vocab_size,
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([text], trainer)
    return tokenizer
