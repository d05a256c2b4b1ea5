"""Data, features, towers, evaluation, retrieval and serving of recommendations."""
