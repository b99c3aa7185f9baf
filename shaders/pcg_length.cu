// The length of a step, alpha = r · z / p · A p, from the partial sums of p · A p; one block of threads per vector.
// A vector that is done, or whose p · A p is not positive, takes no step any more. In array code: see
// twin3d/fem/multigrid/gradients.py.
#include "pcg_scalars.cuh"

extern "C" __global__ void pcg_length(const int n_partials, const int n_vectors, const double *__restrict__ partial,
                                      double *scalars)
{
  const int vector = blockIdx.x;
  const double curvature = total(partial, n_partials, n_vectors, vector);
  if (threadIdx.x != 0) {
    return;
  }
  double *column = scalars + vector;
  if (column[STATE * n_vectors] == 0.0 && !(curvature > 0.0)) {
    column[STATE * n_vectors] = 2.0;
  }
  const bool iterates = column[STATE * n_vectors] == 0.0;
  column[ALPHA * n_vectors] = iterates ? column[RZ * n_vectors] / curvature : 0.0;
}
