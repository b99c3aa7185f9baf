"""The state of a twin for its viewers: frames by publish and subscribe, the view model on request."""

import logging
import threading
from collections.abc import Mapping
from dataclasses import replace
from types import TracebackType
from typing import Final, Self

import zmq

from twin3d.bridge.endpoints import bind, connect, open_socket
from twin3d.bridge.packing import pack_error, pack_frame, pack_view_model, unpack_frame, unpack_view_model
from twin3d.bridge.stopping import StopSignal
from twin3d.errors import BridgeError
from twin3d.records import Frame, ViewModel

_log = logging.getLogger(__name__)

FACTOR_PERIOD_NS: Final = 1_000_000_000
"""The covariance factor is repeated this often, for those who join late."""
QUEUED_FRAMES: Final = 64
"""Frames that wait for a slow viewer; then it misses some."""
MAX_REQUEST_BYTES: Final = 64
MODEL_REQUEST: Final = b"view model"
FRAME_REQUEST: Final = b"frame"
_MAX_REPLY_BYTES: Final = 1 << 30
_SUBSCRIBER_OPTIONS: Mapping[int, int] = {zmq.RCVHWM: QUEUED_FRAMES, zmq.MAXMSGSIZE: _MAX_REPLY_BYTES}


class StatePublisher:
    """Publishes frames and answers requests for the view model and the newest frame; a viewer never slows it."""

    def __init__(
        self, frame_endpoint: str, model_endpoint: str, view_model: ViewModel, *, allow_remote: bool = False
    ) -> None:
        self._lock = threading.Lock()
        self._packed_model = pack_view_model(view_model)
        self._newest: Frame | None = None
        self._with_factor: Frame | None = None
        self._factor_sent_ns: int | None = None
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._frames = open_socket(self._context, zmq.PUB, {zmq.SNDHWM: QUEUED_FRAMES, zmq.LINGER: 200})
        self._models = open_socket(self._context, zmq.REP, {zmq.MAXMSGSIZE: MAX_REQUEST_BYTES})
        try:
            self._frame_endpoint = bind(self._frames, frame_endpoint, allow_remote=allow_remote)
            self._model_endpoint = bind(self._models, model_endpoint, allow_remote=allow_remote)
        except BridgeError:
            self._context.destroy(linger=0)
            raise
        self._stop = StopSignal(self._context)
        self._thread = threading.Thread(target=self._answer, name="twin3d-state", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def frame_endpoint(self) -> str:
        """Where frames go out, with the real port."""
        return self._frame_endpoint

    @property
    def model_endpoint(self) -> str:
        """Where the view model is given out, with the real port."""
        return self._model_endpoint

    def publish(self, frame: Frame) -> None:
        """Send a frame to all who listen; never waits."""
        with self._lock:
            self._newest = frame
            if frame.covariance_factor is not None:
                self._with_factor = frame
            frame = self._with_repeated_factor(frame)
            self._frames.send(pack_frame(frame), zmq.NOBLOCK)

    def change_model(self, view_model: ViewModel) -> None:
        """Give out another view model from now on: the twin has a new basis."""
        packed = pack_view_model(view_model)
        with self._lock:
            self._packed_model = packed
            self._newest = self._with_factor = self._factor_sent_ns = None

    def close(self) -> None:
        """Stop publishing and answering."""
        if self._thread.is_alive():
            self._stop.send()
            self._thread.join()
        self._frames.close()
        self._context.destroy(linger=200)

    def _with_repeated_factor(self, frame: Frame) -> Frame:
        if frame.covariance_factor is None:
            last_ns = self._factor_sent_ns
            if last_ns is None or frame.time_ns - last_ns < FACTOR_PERIOD_NS:
                return frame
            frame = self._complete(frame)
        self._factor_sent_ns = frame.time_ns
        return frame

    def _complete(self, frame: Frame) -> Frame:
        source = self._with_factor
        if frame.covariance_factor is not None or source is None or source.model_hash != frame.model_hash:
            return frame
        return replace(frame, covariance_factor=source.covariance_factor)

    def _answer(self) -> None:
        stop = self._stop.receiver()
        poller = zmq.Poller()
        poller.register(self._models, zmq.POLLIN)
        poller.register(stop, zmq.POLLIN)
        while stop not in dict(poller.poll()):
            request = self._models.recv_multipart()[0]
            self._models.send(self._reply(request))
        stop.close()

    def _reply(self, request: bytes) -> bytes:
        with self._lock:
            if request == MODEL_REQUEST:
                return self._packed_model
            if request == FRAME_REQUEST:
                return pack_error("no frame yet") if self._newest is None else pack_frame(self._complete(self._newest))
        return pack_error(f"unknown request {request!r}; ask for {MODEL_REQUEST!r} or {FRAME_REQUEST!r}")


class StateSubscriber:
    """Receives a twin's frames in a thread of its own and keeps the newest; used by one viewer."""

    def __init__(self, frame_endpoint: str, model_endpoint: str) -> None:
        self._frame_endpoint, self._model_endpoint = frame_endpoint, model_endpoint
        self._changed = threading.Condition()
        self._newest: Frame | None = None
        self._with_factor: Frame | None = None
        self._is_fresh = False
        self._is_factor_fresh = False
        self._model_hash: str | None = None
        self._other_hash: str | None = None
        self._n_rejected = 0
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._frames = open_socket(self._context, zmq.SUB, _SUBSCRIBER_OPTIONS)
        try:
            self._frames.subscribe(b"")
            connect(self._frames, frame_endpoint)
        except BridgeError:
            self._context.destroy(linger=0)
            raise
        self._stop = StopSignal(self._context)
        self._thread = threading.Thread(target=self._receive, name="twin3d-frames", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def model_changed(self) -> bool:
        """Whether the newest frames belong to another model than the one fetched: fetch it again."""
        with self._changed:
            return self._other_hash is not None

    @property
    def n_rejected(self) -> int:
        """Messages that are no frames."""
        with self._changed:
            return self._n_rejected

    def fetch_model(self, timeout_s: float) -> ViewModel:
        """The twin's view model; raises BridgeError when nothing answers in time."""
        view_model = unpack_view_model(self._request(MODEL_REQUEST, timeout_s))
        with self._changed:
            self._model_hash, self._other_hash = view_model.model_hash, None
            self._with_factor = None
            if self._newest is not None and self._newest.model_hash != view_model.model_hash:
                self._newest, self._is_fresh = None, False
        self._fetch_frame(timeout_s)
        return view_model

    def latest(self, timeout_s: float) -> Frame | None:
        """The newest frame that was not given out yet; None when none comes in time.

        Its covariance factor is None when nothing newer than the last one given out has come. Frames of another
        model than the one fetched are not given out: see `model_changed`.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._is_fresh, timeout_s) or self._newest is None:
                return None
            frame, source = self._newest, self._with_factor
            if self._is_factor_fresh and source is not None and source.model_hash == frame.model_hash:
                frame = replace(frame, covariance_factor=source.covariance_factor)
                self._is_factor_fresh = False
            self._is_fresh = False
            return frame

    def close(self) -> None:
        """Disconnect."""
        if self._thread.is_alive():
            self._stop.send()
            self._thread.join()
        self._context.destroy(linger=0)

    def _request(self, request: bytes, timeout_s: float) -> bytes:
        socket = open_socket(self._context, zmq.REQ, {zmq.LINGER: 0, zmq.MAXMSGSIZE: _MAX_REPLY_BYTES})
        try:
            connect(socket, self._model_endpoint)
            socket.send(request)
            if not socket.poll(max(1, round(timeout_s * 1e3))):
                where = f"{self._model_endpoint} within {timeout_s:g} s"
                raise BridgeError(f"no twin answers at {where}; start one with `twin3d run SCENE`")
            return socket.recv()
        finally:
            socket.close()

    def _fetch_frame(self, timeout_s: float) -> None:
        try:
            frame = unpack_frame(self._request(FRAME_REQUEST, timeout_s))
        except BridgeError as error:
            _log.debug("no frame to start with: %s", error)
            return
        self._keep(frame, is_reply=True)

    def _receive(self) -> None:
        stop = self._stop.receiver()
        poller = zmq.Poller()
        poller.register(self._frames, zmq.POLLIN)
        poller.register(stop, zmq.POLLIN)
        while stop not in dict(poller.poll()):
            data = self._frames.recv_multipart()[0]
            try:
                frame = unpack_frame(data)
            except BridgeError as error:
                self._count_rejected(error)
                continue
            self._keep(frame)
        stop.close()

    def _count_rejected(self, error: BridgeError) -> None:
        with self._changed:
            self._n_rejected += 1
            is_first = self._n_rejected == 1
        if is_first:
            _log.warning("a message is no frame: %s at %s", error, self._frame_endpoint)

    def _keep(self, frame: Frame, *, is_reply: bool = False) -> None:
        """Keep a frame as the newest; one that was asked for may have been overtaken by those published."""
        with self._changed:
            if self._model_hash is not None and frame.model_hash != self._model_hash:
                self._other_hash = frame.model_hash
                return
            self._other_hash = None
            if frame.covariance_factor is not None:
                self._with_factor = frame
                self._is_factor_fresh = True
            if not is_reply or self._newest is None or frame.time_ns > self._newest.time_ns:
                self._newest = frame
            self._is_fresh = True
            self._changed.notify_all()
