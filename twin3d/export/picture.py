"""Pictures as PNG files."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image


def write_png(path: Path, image: npt.NDArray[np.uint8]) -> None:
    """Write an image of shape (height, width, 3), whole or not at all."""
    temporary = path.with_name(f"{path.name}.part")
    Image.fromarray(image).save(temporary, format="png")
    temporary.replace(path)
