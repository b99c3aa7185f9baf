// One step of Chebyshev's iteration where the product Q = A X is known: D = c D + s inv(diag A) (B - Q) and X = X + D,
// one thread per number. With c and Q absent (first) it starts from X = 0. All vectors are stored row by row. In array
// code: D = s * inverse_diagonal * B; X = D when first, else D = c * D + s * inverse_diagonal * (B - Q); X += D.
extern "C" __global__ void chebyshev_update(const int n_rows, const int n_vectors, const int first,
                                            const float *__restrict__ q, const float *__restrict__ b,
                                            const float *__restrict__ inverse_diagonal, const float keep,
                                            const float scale, float *__restrict__ d, float *__restrict__ x)
{
  const long long index = blockIdx.x * static_cast<long long>(blockDim.x) + threadIdx.x;
  if (index >= static_cast<long long>(n_rows) * n_vectors) {
    return;
  }
  const float factor = scale * inverse_diagonal[index / n_vectors];
  if (first != 0) {
    d[index] = factor * b[index];
    x[index] = d[index];
    return;
  }
  const float kept = keep == 0.0f ? 0.0f : keep * d[index];
  d[index] = kept + factor * (b[index] - q[index]);
  x[index] += d[index];
}
