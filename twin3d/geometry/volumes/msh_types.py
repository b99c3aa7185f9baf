"""Gmsh's numbers of element types (Gmsh reference manual, 9.1 MSH file format)."""

from twin3d.geometry.volumes.draft import Solid

N_POINTS = {
    **{1: 2, 2: 3, 3: 4, 4: 4, 5: 8, 6: 6, 7: 5, 8: 3, 9: 6, 10: 9, 11: 10, 12: 27, 13: 18, 14: 14, 15: 1, 16: 8},
    **{17: 20, 18: 15, 19: 13, 20: 9, 21: 10, 22: 12, 23: 15, 24: 15, 25: 21, 26: 4, 27: 5, 28: 6, 29: 20, 30: 35},
    **{31: 56, 36: 16, 37: 25, 38: 36, 71: 22, 72: 28, 90: 40, 91: 75, 92: 64, 93: 125},
}
"""Type → number of its points."""

SOLIDS = {
    **dict.fromkeys((4, 11, 29, 30, 31, 71, 72), Solid.TETRAHEDRON),
    **dict.fromkeys((5, 12, 17, 92, 93), Solid.HEXAHEDRON),
    **dict.fromkeys((6, 13, 18, 90, 91), Solid.WEDGE),
    **dict.fromkeys((7, 14, 19), Solid.PYRAMID),
}
"""Type → shape of a solid."""

FACETS = {
    **dict.fromkeys((2, 9, 20, 21, 22, 23, 24, 25), 3),
    **dict.fromkeys((3, 10, 16, 36, 37, 38), 4),
}
"""Type → corners of a facet."""

QUADRATIC_TETRAHEDRON = 11
VTK_ORDER = (0, 1, 2, 3, 4, 5, 6, 7, 9, 8)
"""Gmsh has the mid-edge points of 2-3 and 1-3 the other way round."""
