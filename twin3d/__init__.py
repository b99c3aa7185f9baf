"""twin3d: a live digital twin of one real asset."""

__version__ = "0.1.0"
