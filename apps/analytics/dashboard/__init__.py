"""The live dashboard: what happens in the shop, from the topics alone."""
