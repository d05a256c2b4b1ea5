"""The demonstration: fill a shop, train, let scripted shoppers in, and report the result."""
