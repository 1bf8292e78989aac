"""Text models: filters on logits, generation, scores, tokenisers, and model folders."""
