"""Ratings and reviews of shoppers, as they are stored."""
