"""Shelves for other programs."""
