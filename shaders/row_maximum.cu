// The greatest number of each row of a CSR matrix without empty rows, one thread per row. In array code:
// numpy.maximum.reduceat(numbers, row_starts[:-1]).
extern "C" __global__ void row_maximum(const int n_rows, const int *__restrict__ row_starts,
                                       const double *__restrict__ numbers, double *__restrict__ maximum_out)
{
  const long long row = blockIdx.x * static_cast<long long>(blockDim.x) + threadIdx.x;
  if (row >= n_rows) {
    return;
  }
  double maximum = numbers[row_starts[row]];
  for (int k = row_starts[row] + 1; k < row_starts[row + 1]; ++k) {
    maximum = numbers[k] > maximum ? numbers[k] : maximum;
  }
  maximum_out[row] = maximum;
}
