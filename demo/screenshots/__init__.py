"""Pictures of the web pages, made from the registry that the demo leaves."""
