"""Pictures of products from their descriptions, by a diffusion model."""
