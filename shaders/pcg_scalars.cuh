// The numbers of conjugate gradients that stay on the device: one row each, one column per vector.
#pragma once
#include "block_sum.cuh"

enum Scalar { RZ, ALPHA, BETA, RR, GOAL, STATE, N_ITERATIONS };
// In the row STATE: 0 while the vector iterates, 1 when its residual has reached the goal, 2 when the matrix has shown
// itself not positive definite or a number is not finite.

// The sum of what the blocks left for one vector; all threads of the one block that sums take part.
static __device__ __forceinline__ double total(const double *partial, const int n_partials, const int n_vectors,
                                               const int vector)
{
  double sum = 0.0;
  for (int k = threadIdx.x; k < n_partials; k += blockDim.x) {
    sum += partial[k * n_vectors + vector];
  }
  return block_sum(sum, 1);
}
