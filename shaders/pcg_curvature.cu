// Sums of P Q over the rows of each block of threads, by vector: the first stage of p · A p. P and Q are stored row by
// row; the block has a multiple of n_vectors threads. In array code: (P * Q).sum(axis=0), split over the blocks.
#include "block_sum.cuh"

extern "C" __global__ void pcg_curvature(const int n_rows, const int n_vectors, const double *__restrict__ p,
                                         const double *__restrict__ q, double *__restrict__ partial_out)
{
  const int n_lanes = blockDim.x / n_vectors, vector = threadIdx.x % n_vectors;
  double sum = 0.0;
  for (long long row = blockIdx.x * n_lanes + threadIdx.x / n_vectors; row < n_rows;
       row += static_cast<long long>(gridDim.x) * n_lanes) {
    sum += p[row * n_vectors + vector] * q[row * n_vectors + vector];
  }
  const double total = block_sum(sum, n_vectors);
  if (threadIdx.x < n_vectors) {
    partial_out[blockIdx.x * n_vectors + vector] = total;
  }
}
