"""Stars and words of shoppers."""
