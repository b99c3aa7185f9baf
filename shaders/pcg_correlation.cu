// Sums of Z R and of Z Q over the rows of each block of threads, by vector: the first stage of r · z and of the
// flexible beta. All vectors are stored row by row; the block has a multiple of n_vectors threads. In array code: (Z *
// R).sum(axis=0) and (Z * Q).sum(axis=0), split over the blocks.
#include "block_sum.cuh"

extern "C" __global__ void pcg_correlation(const int n_rows, const int n_vectors, const float *__restrict__ z,
                                           const double *__restrict__ r, const double *__restrict__ q,
                                           double *__restrict__ zr_partial_out, double *__restrict__ zq_partial_out)
{
  const int n_lanes = blockDim.x / n_vectors, vector = threadIdx.x % n_vectors;
  double zr = 0.0, zq = 0.0;
  for (long long row = blockIdx.x * n_lanes + threadIdx.x / n_vectors; row < n_rows;
       row += static_cast<long long>(gridDim.x) * n_lanes) {
    const long long index = row * n_vectors + vector;
    zr += z[index] * r[index];
    zq += z[index] * q[index];
  }
  const double zr_total = block_sum(zr, n_vectors), zq_total = block_sum(zq, n_vectors);
  if (threadIdx.x < n_vectors) {
    zr_partial_out[blockIdx.x * n_vectors + vector] = zr_total;
    zq_partial_out[blockIdx.x * n_vectors + vector] = zq_total;
  }
}
