"""Deleting an account, and with it all that is known of a person."""
