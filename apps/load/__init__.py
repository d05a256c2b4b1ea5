"""Load: visitors who use the shop, or its topics, as the shoppers of a busy day do."""
