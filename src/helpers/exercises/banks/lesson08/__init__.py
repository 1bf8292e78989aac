"""The exercises of lesson 08, the VAE: one file an exercise."""
