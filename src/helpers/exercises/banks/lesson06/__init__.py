"""The exercises of lesson 06, the game of GANs: one file an exercise."""
