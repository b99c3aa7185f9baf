"""From frames to files that open elsewhere."""
