"""From frames to pixels: the visible surface, the field on it, the sensors; in a window or off screen."""
