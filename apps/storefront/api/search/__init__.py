"""Search for other programs."""
