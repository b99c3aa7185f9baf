"""The order of elimination that keeps a factor sparse."""

import numpy as np
import pymetis
from scipy import sparse

from twin3d.backend import Backend
from twin3d.fem.linear.choice import choose
from twin3d.fem.linear.interface import Method, Order


def fill_reducing_order(A: sparse.csr_array, *, backend: Backend) -> Order:
    """The order of elimination that keeps a factor sparse: nested dissection by METIS, shape (n,).

    Empty where `prepare` would not factorise a matrix of this size with SuperLU.
    """
    method, _ = choose(A, backend)
    return nested_dissection(A) if method is Method.SUPERLU else np.zeros(0, dtype=np.int64)


def nested_dissection(A: sparse.csr_array) -> Order:
    """Nested dissection by METIS (Karypis and Kumar 1998), shape (n,)."""
    pattern = sparse.csr_array(A - sparse.diags_array(A.diagonal()))
    pattern.eliminate_zeros()
    if not pattern.nnz:
        return np.arange(A.shape[0])
    adjacency = pymetis.CSRAdjacency(adj_starts=pattern.indptr, adjacent=pattern.indices)
    order, _ = pymetis.nested_dissection(adjacency)
    return np.asarray(order, dtype=np.int64)
