"""The messages on the wire: SenML in JSON for single readings, 24-byte records in three frames for many.

A single reading is one frame, a SenML record or pack (RFC 8428)::

    {"n": "tc1", "u": "Cel", "v": 41.2, "t": 1790000000.25}

with these labels beside SenML's own: ``q`` quality (``"good"``, ``"uncertain"``, ``"bad"`` or an OPC UA StatusCode),
``pid`` producer, ``ep`` epoch, ``seq`` sequence, ``ts`` when it was sent [s].

A batch is three frames, ``[b"t3/1/…", header in JSON, payload]``. A *birth* gives each sensor a number, *data* refers
to sensors by that number; birth comes first and is repeated, so that a twin that joins late understands.
"""

from twin3d.bridge.batches import (
    RECORD_DTYPE,
    BatchHeader,
    BatchKind,
    DeclaredSensor,
    Origin,
    decode_birth,
    decode_header,
    decode_records,
    encode_batch,
    encode_birth,
)
from twin3d.bridge.forms import Cause, WireError, WireReading, quality_of_status, status_of_quality
from twin3d.bridge.senml import decode_senml, encode_pack, encode_senml

__all__ = [
    "RECORD_DTYPE",
    "BatchHeader",
    "BatchKind",
    "Cause",
    "DeclaredSensor",
    "Origin",
    "WireError",
    "WireReading",
    "decode_birth",
    "decode_header",
    "decode_records",
    "decode_senml",
    "encode_batch",
    "encode_birth",
    "encode_pack",
    "encode_senml",
    "quality_of_status",
    "status_of_quality",
]
