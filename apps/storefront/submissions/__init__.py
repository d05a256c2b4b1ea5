"""Forms that act: each of them once."""
