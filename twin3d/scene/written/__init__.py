"""What the user writes, table by table; `twin3d.scene.building` turns it into a `Scene`."""

from twin3d.scene.written.tables import WrittenScene, WrittenTables

__all__ = ["WrittenScene", "WrittenTables"]
