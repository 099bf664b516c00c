"""How people and programs reach the registry."""
