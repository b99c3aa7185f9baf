// Geometry of a linear tetrahedron: gradients of the barycentric coordinates [1/m] and the volume [m³].
#pragma once

static __device__ __forceinline__ double tet4_gradients(const double *points, const int *corners,
                                                        double gradients[4][3])
{
  double edges[3][3];
  for (int edge = 0; edge < 3; ++edge) {
    for (int axis = 0; axis < 3; ++axis) {
      edges[edge][axis] = points[3LL * corners[edge + 1] + axis] - points[3LL * corners[0] + axis];
    }
  }
  for (int edge = 0; edge < 3; ++edge) {
    const double *a = edges[(edge + 1) % 3], *b = edges[(edge + 2) % 3];
    gradients[edge + 1][0] = a[1] * b[2] - a[2] * b[1];
    gradients[edge + 1][1] = a[2] * b[0] - a[0] * b[2];
    gradients[edge + 1][2] = a[0] * b[1] - a[1] * b[0];
  }
  const double six_volumes =
      edges[0][0] * gradients[1][0] + edges[0][1] * gradients[1][1] + edges[0][2] * gradients[1][2];
  for (int axis = 0; axis < 3; ++axis) {
    for (int corner = 1; corner < 4; ++corner) {
      gradients[corner][axis] /= six_volumes;
    }
    gradients[0][axis] = -gradients[1][axis] - gradients[2][axis] - gradients[3][axis];
  }
  return six_volumes / 6.0;
}
