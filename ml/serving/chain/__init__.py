"""The chain that makes a list: candidates, filters, ranking and business order, as configured."""
