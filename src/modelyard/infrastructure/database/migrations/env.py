"""Alembic's environment: it runs on a connection, and in a transaction, that the caller brings."""

from alembic import context

from modelyard.infrastructure.database.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=False,
)
context.run_migrations()
