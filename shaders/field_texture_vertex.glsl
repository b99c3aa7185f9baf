// As field_vertex.glsl, for more modes than vertex attributes hold: they are fetched from a float texture, four a texel,
// BLOCKS texels a vertex, WIDTH texels a row.
in float fieldOffset;
in float vertexNumber;
uniform sampler2D modesTexture;
out float fieldVSOutput;

float rebuiltField()
{
  float value = fieldOffset;
  int first = int(vertexNumber + 0.5) * BLOCKS;
  for (int block = 0; block < BLOCKS; ++block)
  {
    int texel = first + block;
    vec4 modes = texelFetch(modesTexture, ivec2(texel % WIDTH, texel / WIDTH), 0);
    value += dot(modes, vec4(coefficients[4 * block], coefficients[4 * block + 1],
                             coefficients[4 * block + 2], coefficients[4 * block + 3]));
  }
  return value;
}
