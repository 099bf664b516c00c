"""One file a step, each with its way back."""
