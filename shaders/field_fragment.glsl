// Colours a fragment by its field value: linear between the knots of the colour map, clamped to the range of the bar.
in float fieldVSOutput;

vec3 colourOf(float value)
{
  float place = clamp((value - barLow) / (barHigh - barLow), 0.0, 1.0) * float(KNOTS - 1);
  int knot = min(int(place), KNOTS - 2);
  float share = place - float(knot);
  vec3 low = vec3(colourKnots[3 * knot], colourKnots[3 * knot + 1], colourKnots[3 * knot + 2]);
  vec3 high = vec3(colourKnots[3 * knot + 3], colourKnots[3 * knot + 4], colourKnots[3 * knot + 5]);
  return mix(low, high, share);
}
