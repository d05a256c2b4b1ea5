"""Recommendations for a user, a session or a visitor."""
