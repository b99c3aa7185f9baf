"""From a file to a shape: CAD solids with their names, or closed triangulated surfaces, and what is wrong with them."""
