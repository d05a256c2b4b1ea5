"""The ranking models that are compared: the two towers and the baselines."""
