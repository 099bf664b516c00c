"""What versions may do, and what they need for it."""
