// The product with the conduction stiffness of a quadratic tetrahedron, without a matrix: gradients of the field at
// four points, where the product of two gradients of quadratic functions is integrated exactly, times the metric of the
// cell. A table of 10 x 10 numbers for each entry of the metric would cost 600 products a cell, this takes 276.
#pragma once

// Adds K x of one cell and vector to y; numbers of held dofs (free is zero) are neither read nor changed. metric: V
// grad(lambda_a) · k grad(lambda_b) for a, b = 1..3 in the order 11, 22, 33, 12, 23, 13. derivatives: of the ten shape
// functions along lambda_1..3 at the four points, times the root of the weights.
template <typename Real>
static __device__ __forceinline__ void tet10_add_product(const int *dofs, const Real *metric, const Real *derivatives,
                                                         const Real *free, const int n_vectors, const int vector,
                                                         const Real *x, Real *y)
{
  Real numbers[10], sums[10];
  for (int i = 0; i < 10; ++i) {
    numbers[i] = free[dofs[i]] * x[dofs[i] * static_cast<long long>(n_vectors) + vector];
    sums[i] = 0;
  }
  for (int point = 0; point < 4; ++point) {
    const Real *table = derivatives + 30 * point;
    Real slope[3] = {0, 0, 0};
    for (int i = 0; i < 10; ++i) {
      for (int axis = 0; axis < 3; ++axis) {
        slope[axis] += table[3 * i + axis] * numbers[i];
      }
    }
    const Real flux[3] = {metric[0] * slope[0] + metric[3] * slope[1] + metric[5] * slope[2],
                          metric[3] * slope[0] + metric[1] * slope[1] + metric[4] * slope[2],
                          metric[5] * slope[0] + metric[4] * slope[1] + metric[2] * slope[2]};
    for (int i = 0; i < 10; ++i) {
      sums[i] += table[3 * i] * flux[0] + table[3 * i + 1] * flux[1] + table[3 * i + 2] * flux[2];
    }
  }
  for (int i = 0; i < 10; ++i) {
    if (free[dofs[i]] != 0) {
      atomicAdd(y + dofs[i] * static_cast<long long>(n_vectors) + vector, sums[i]);
    }
  }
}
