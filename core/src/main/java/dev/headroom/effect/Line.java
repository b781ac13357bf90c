package dev.headroom.effect;

/**
 * A straight line {@code y = intercept + slope * x} through points whose errors are in proportion
 * to their values, both coefficients kept at zero or above.
 */
record Line(double intercept, double slope) {
  /** Least squares on relative errors; with one point, the line through it and the origin. */
  static Line fit(double[] x, double[] y) {
    double w = 0;
    double wx = 0;
    double wy = 0;
    double wxx = 0;
    double wxy = 0;
    for (int i = 0; i < x.length; i++) {
      double weight = 1 / (y[i] * y[i]);
      w += weight;
      wx += weight * x[i];
      wy += weight * y[i];
      wxx += weight * x[i] * x[i];
      wxy += weight * x[i] * y[i];
    }
    double determinant = w * wxx - wx * wx;
    double slope = determinant <= 1e-12 * w * wxx ? wxy / wxx : (w * wxy - wx * wy) / determinant;
    double intercept = (wy - slope * wx) / w;
    if (slope < 0) {
      return new Line(wy / w, 0);
    }
    return intercept < 0 ? new Line(0, wxy / wxx) : new Line(intercept, slope);
  }

  double at(double x) {
    return intercept + slope * x;
  }
}
