"""The append-only store of a twin: readings, frames and events, read back by time."""

from twin3d.history.store import History

__all__ = ["History"]
