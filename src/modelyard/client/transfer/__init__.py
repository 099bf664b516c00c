"""Files on their way to the registry and back."""
