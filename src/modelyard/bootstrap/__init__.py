"""Assembly: settings, container, the ASGI application and the commands of the server."""
