"""What shoppers do, on its way to Kafka."""
