"""A worker that does what its request says: answers, crashes, hangs, eats memory or time."""

import ctypes
import os
import sys
import time

import numpy as np

from twin3d.errors import GeometryError
from twin3d.mesh.isolation import tell, worker_main


def serve(request):
    tell(0.5, "half way")
    match request["how"]:
        case "answer":
            print("the kernel prints now and then")
            np.savez(request["out"], answer=np.arange(3))
        case "refuse":
            raise GeometryError("part.step holds no solid")
        case "crash":
            sys.stderr.flush()
            ctypes.string_at(0)
        case "fail":
            raise RuntimeError("an unforeseen case")
        case "hang":
            time.sleep(600.0)
        case "doze":
            tell(0.6, "a short step", patience_s=1.0)
            time.sleep(600.0)
        case "spin":
            while True:
                os.getpid()
        case "eat":
            np.ones(1 << 34)


if __name__ == "__main__":
    sys.exit(worker_main(serve, sys.argv[1]))
