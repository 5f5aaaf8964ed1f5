"""Load on an HTTP service, and what that costs its process."""
