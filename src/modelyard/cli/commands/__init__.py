"""One activity a module; each is imported when its command is asked for."""
