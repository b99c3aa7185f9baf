// Rebuilds the field at a vertex from the reduced coordinates: T = offset + sum of mode times coefficient.
// MODES stands for the declarations of the attributes modes0, modes1, ... and SUM for the sum over them.
in float fieldOffset;
MODES
out float fieldVSOutput;

float rebuiltField()
{
  return fieldOffset + SUM;
}
