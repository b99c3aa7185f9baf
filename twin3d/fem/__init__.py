"""From mesh, materials and loads to operators, and from operators to full-order temperatures."""
