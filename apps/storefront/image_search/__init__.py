"""Search with a picture."""
