"""What shoppers bought."""
