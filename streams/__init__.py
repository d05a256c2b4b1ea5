"""Everything that travels over Kafka: contracts, the publisher, the processor and the sink."""
