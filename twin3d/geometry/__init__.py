"""From a file to a shape: solids, closed surfaces or tetrahedra with their names, and what is wrong with them."""

from twin3d.geometry.reading import Reader, Shape, find_reader, metres_per_unit, read

__all__ = ["Reader", "Shape", "find_reader", "metres_per_unit", "read"]
