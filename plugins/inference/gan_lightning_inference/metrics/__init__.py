"""What encoders have learned."""
