"""What the shop recommends, and why."""
