"""Moving pictures: MP4 (H.264) by PyAV, WebP by Pillow."""

from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
import numpy as np
import numpy.typing as npt
from PIL import Image

from twin3d.errors import SceneError

CODEC_OPTIONS = {"crf": "20", "preset": "veryfast", "threads": "1"}
"""One thread: a film that is made live must not take the processor from the twin."""


class VideoWriter:
    """Writes images of one size at a steady rate; the file is complete after `close`."""

    def __init__(self, path: Path, fps: float) -> None:
        self._path = path
        self._fps = fps
        if path.suffix == ".mp4":
            self._sink: _Mp4 | _WebP = _Mp4(path, fps)
        elif path.suffix == ".webp":
            self._sink = _WebP(path, fps)
        else:
            raise SceneError(f"cannot write a film to {path.name!r}; its name must end in .mp4 or .webp")
        self._size: tuple[int, int] | None = None
        self._is_closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def append(self, image: npt.NDArray[np.uint8]) -> None:
        """Add an image of shape (height, width, 3); all have the size of the first.

        Raises:
            ValueError: The film is closed, or the image has another size.
        """
        if self._is_closed:
            raise ValueError(f"the film {self._path} is closed")
        size = (image.shape[1], image.shape[0])
        self._size = self._size or size
        if size != self._size:
            raise ValueError(f"an image of {size} pixels in a film of {self._size}")
        self._sink.append(image)

    def close(self) -> None:
        """Finish the file."""
        if not self._is_closed:
            self._is_closed = True
            self._sink.close()


class _Mp4:
    """One H.264 stream; sizes must be even, so an odd row or column is cut off."""

    def __init__(self, path: Path, fps: float) -> None:
        self._container = av.open(str(path), "w", options={"movflags": "+faststart"})
        self._rate = Fraction(fps).limit_denominator(1000)
        self._stream: Any = None

    def append(self, image: npt.NDArray[np.uint8]) -> None:
        height, width = (side - side % 2 for side in image.shape[:2])
        if self._stream is None:
            self._stream = self._container.add_stream("libx264", rate=self._rate, options=CODEC_OPTIONS)
            self._stream.width, self._stream.height, self._stream.pix_fmt = width, height, "yuv420p"
        cut = np.ascontiguousarray(image[:height, :width])
        self._mux(av.VideoFrame.from_ndarray(cut, format="rgb24"))

    def close(self) -> None:
        if self._stream is not None:
            self._mux(None)
        self._container.close()

    def _mux(self, frame: Any) -> None:
        for packet in self._stream.encode(frame):
            self._container.mux(packet)


class _WebP:
    """Keeps the images until the end: Pillow writes them in one go."""

    def __init__(self, path: Path, fps: float) -> None:
        self._path, self._duration_ms = path, round(1000.0 / fps)
        self._images: list[Image.Image] = []

    def append(self, image: npt.NDArray[np.uint8]) -> None:
        self._images.append(Image.fromarray(image))

    def close(self) -> None:
        if self._images:
            first, *others = self._images
            first.save(self._path, save_all=True, append_images=others, duration=self._duration_ms, loop=0, quality=85)
