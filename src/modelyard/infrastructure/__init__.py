"""How the registry reaches the world: databases and blob stores."""
