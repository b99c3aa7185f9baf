"""Formats of triangulated surfaces: each module reads one family into pieces, with names and units."""
