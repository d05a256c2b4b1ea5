"""The products: browsing, searching, looking closer."""
