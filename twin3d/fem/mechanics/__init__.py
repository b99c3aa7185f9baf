"""Small-strain elasticity: materials, stiffness, loads, supports, the static solution, and stress."""
