"""Search: by the words of a text, what they mean, and filters."""
