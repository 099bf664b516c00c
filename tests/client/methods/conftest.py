"""The server and the models that the command line's tests use too."""

from tests.cli.conftest import churn, registry, registry_url

__all__ = ["churn", "registry", "registry_url"]
