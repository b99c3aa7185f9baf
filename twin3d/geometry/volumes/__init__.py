"""Volume meshes of other tools: one module per family of formats, and what they share."""
