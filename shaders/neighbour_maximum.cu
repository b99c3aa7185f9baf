// The greatest key among the neighbours of each point in a graph in CSR form in which every point is its own neighbour,
// one thread per point. In array code: numpy.maximum.reduceat(keys[columns], row_starts[:-1]).
extern "C" __global__ void neighbour_maximum(const int n_points, const int *__restrict__ row_starts,
                                             const int *__restrict__ columns, const long long *__restrict__ keys,
                                             long long *__restrict__ maximum_out)
{
  const long long point = blockIdx.x * static_cast<long long>(blockDim.x) + threadIdx.x;
  if (point >= n_points) {
    return;
  }
  long long maximum = keys[columns[row_starts[point]]];
  for (int k = row_starts[point] + 1; k < row_starts[point + 1]; ++k) {
    const long long key = keys[columns[k]];
    maximum = key > maximum ? key : maximum;
  }
  maximum_out[point] = maximum;
}
