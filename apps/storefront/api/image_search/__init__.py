"""Search with a picture, for other programs."""
