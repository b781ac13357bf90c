package dev.headroom.app.sweep;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.DoubleStream;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** How all pictures look: light, with few lines, and the same when printed without colour. */
final class ChartStyle {
  private static final int WIDTH = 900;
  private static final int HEIGHT = 560;
  private static final int FINE = 60;

  /** Pixels of an upright axis, about. */
  private static final int PLOT = 470;

  /** Pixels between two of its ticks at least. */
  private static final int LEAST_SPACE = 30;

  /** Values further apart than this are drawn by their logarithms. */
  private static final double WIDE = 4;

  /** From dark to light, so that order survives in grey. */
  private static final List<Color> SHADES =
      List.of(
          new Color(0x1b1b3a),
          new Color(0x3b2f8f),
          new Color(0x1f6f8b),
          new Color(0x2c8c5a),
          new Color(0xa06a00),
          new Color(0xc2543a),
          new Color(0xb8638f));

  private static final List<float[]> DASHES =
      List.of(new float[] {1, 0}, new float[] {8, 4}, new float[] {2, 3});

  private static final List<Marker> MARKERS =
      List.of(
          SeriesMarkers.CIRCLE,
          SeriesMarkers.SQUARE,
          SeriesMarkers.DIAMOND,
          SeriesMarkers.TRIANGLE_UP,
          SeriesMarkers.TRIANGLE_DOWN,
          SeriesMarkers.CROSS,
          SeriesMarkers.PLUS);

  private ChartStyle() {}

  static XYChart chart(String title, String xAxis, String yAxis, boolean logarithmicX) {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(title)
            .xAxisTitle(xAxis)
            .yAxisTitle(yAxis)
            .build();
    var style = chart.getStyler();
    style.setChartBackgroundColor(Color.WHITE);
    style.setPlotBorderVisible(false);
    style.setPlotGridLinesColor(new Color(0xdddddd));
    style.setLegendPosition(LegendPosition.OutsideE);
    style.setLegendBorderColor(Color.WHITE);
    style.setMarkerSize(7);
    style.setChartTitleBoxVisible(false);
    style.setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 15));
    style.setLegendFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
    style.setXAxisLogarithmic(logarithmicX);
    style.setYAxisDecimalPattern("#,##0.###");
    style.setXAxisDecimalPattern("#,##0.###");
    style.setErrorBarsColor(Color.BLACK);
    return chart;
  }

  /**
   * The same over batches: places are their binary logarithms, so that every doubling has a tick.
   */
  static XYChart overBatches(String title, String yAxis) {
    XYChart chart = chart(title, "batch (images)", yAxis, false);
    chart
        .getStyler()
        .setXAxisTickLabelsFormattingFunction(
            place -> place == Math.rint(place) ? power(place) : "");
    return chart;
  }

  /** What is at a place. */
  private static String power(double place) {
    double value = Math.pow(2, place);
    return value >= 10
        ? String.format(Locale.ROOT, "%,.0f", value)
        : BigDecimal.valueOf(value).round(new MathContext(3)).stripTrailingZeros().toPlainString();
  }

  /** Where a value is on an axis of doublings, such as that of {@link #overBatches}. */
  static double place(double value) {
    return Math.log(value) / Math.log(2);
  }

  /**
   * Gives a chart an upright axis that suits its values: of doublings, each with its tick, where
   * they are far apart.
   *
   * @return how a value is placed on it
   */
  static DoubleUnaryOperator upright(XYChart chart, DoubleStream values) {
    DoubleSummaryStatistics range = values.filter(Double::isFinite).summaryStatistics();
    if (range.getMin() <= 0 || range.getMax() / range.getMin() < WIDE) {
      return v -> v;
    }
    double doublings = place(range.getMax()) - place(range.getMin());
    chart.getStyler().setYAxisTickLabelsFormattingFunction(ChartStyle::power);
    chart
        .getStyler()
        .setYAxisTickMarkSpacingHint(Math.max(LEAST_SPACE, (int) (PLOT / (1.1 * doublings))));
    return ChartStyle::place;
  }

  /** A line with marks of its own, the number of which is its place among the lines. */
  static void marked(XYSeries series, int number) {
    series.setLineColor(SHADES.get(number % SHADES.size()));
    series.setLineStyle(new BasicStroke(1.5f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND));
    series.setMarker(MARKERS.get(number % MARKERS.size()));
    series.setMarkerColor(SHADES.get(number % SHADES.size()));
  }

  /** A line without marks; only the first is drawn through, the others have dashes. */
  static void line(XYSeries series, int number) {
    marked(series, number);
    series.setMarker(SeriesMarkers.NONE);
    series.setLineStyle(
        new BasicStroke(2, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 1, DASHES.get(number), 0));
  }

  /** Marks without a line. */
  static void points(XYSeries series) {
    series.setXYSeriesRenderStyle(XYSeriesRenderStyle.Scatter);
    series.setMarker(SeriesMarkers.CIRCLE);
    series.setMarkerColor(Color.BLACK);
  }

  /** Places from one batch to another, evenly on a logarithmic axis. */
  static double[] between(double from, double to) {
    double[] x = new double[FINE];
    for (int i = 0; i < FINE; i++) {
      x[i] = from * Math.pow(to / from, (double) i / (FINE - 1));
    }
    return x;
  }
}
