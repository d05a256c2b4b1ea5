"""The catalogue: lists of products, and search."""
