"""The registry in a database, through SQLAlchemy Core."""
