"""The exercises of lesson 05, RNN and LSTM: one file an exercise."""
