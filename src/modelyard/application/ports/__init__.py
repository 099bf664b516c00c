"""What the application asks of the world: small protocols, each method's docstring stating its edge."""
