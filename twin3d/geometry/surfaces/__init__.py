"""Triangulated surfaces: their formats, each read into pieces with names and units, and the steps of their repair."""
