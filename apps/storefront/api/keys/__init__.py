"""Keys of the API: who may use it, for what, and how often."""
