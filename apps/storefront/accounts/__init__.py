"""Sign-up, log-in and preferences."""
