// P = Z + beta P for the vectors that iterate, one thread per number. In array code: P = Z + beta * P.
#include "pcg_scalars.cuh"

extern "C" __global__ void pcg_direction(const int n_rows, const int n_vectors, const double *__restrict__ scalars,
                                         const float *__restrict__ z, double *__restrict__ p)
{
  const long long index = blockIdx.x * static_cast<long long>(blockDim.x) + threadIdx.x;
  const int vector = static_cast<int>(index % n_vectors);
  if (index < static_cast<long long>(n_rows) * n_vectors && scalars[STATE * n_vectors + vector] == 0.0) {
    p[index] = z[index] + scalars[BETA * n_vectors + vector] * p[index];
  }
}
