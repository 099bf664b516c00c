"""Why the demo stopped."""


class DemoFailed(Exception):
    """What the demo set out to show did not happen; the message is meant for whoever runs it."""
