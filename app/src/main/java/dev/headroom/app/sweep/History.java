package dev.headroom.app.sweep;

import dev.headroom.app.InputException;
import dev.headroom.app.sweep.RunRecord.End;
import dev.headroom.app.sweep.RunRecord.Look;
import dev.headroom.effect.NoiseScale;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Finished runs with their settings, in an SQLite file that other tools can read. A run is written
 * in one transaction when it ends, so a sweep that was stopped, or killed, goes on with the runs
 * that are missing. A run of another build of Headroom is kept, but not found again: its times are
 * those of another engine.
 */
public final class History implements AutoCloseable {
  private static final List<String> SCHEMA =
      List.of(
          "CREATE TABLE IF NOT EXISTS run(id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE,"
              + " finished TEXT NOT NULL, network TEXT NOT NULL, data TEXT NOT NULL,"
              + " optimizer TEXT NOT NULL, implementation TEXT NOT NULL, lr REAL NOT NULL,"
              + " batch INTEGER NOT NULL, warm_up INTEGER NOT NULL, seed INTEGER NOT NULL,"
              + " target REAL NOT NULL, threads INTEGER NOT NULL, ended TEXT NOT NULL,"
              + " steps INTEGER NOT NULL, images INTEGER NOT NULL, seconds REAL, cpu_seconds REAL,"
              + " accuracy REAL, loss_noise REAL, gap REAL, predicted_peak_bytes INTEGER,"
              + " measured_peak_bytes INTEGER)",
          "CREATE TABLE IF NOT EXISTS look(run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,"
              + " step INTEGER NOT NULL, seconds REAL, train_loss REAL, accuracy REAL,"
              + " test_loss REAL)",
          "CREATE TABLE IF NOT EXISTS noise(run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,"
              + " step INTEGER NOT NULL, value REAL, low REAL, high REAL, gradient_squared REAL,"
              + " trace REAL)",
          "CREATE INDEX IF NOT EXISTS look_run ON look(run)",
          "CREATE INDEX IF NOT EXISTS noise_run ON noise(run)");

  private static final String BUILD = "|build=";

  private final Connection connection;
  private final Path file;

  private History(Connection connection, Path file) {
    this.connection = connection;
    this.file = file;
  }

  /**
   * Opens a history, which is made if there is none.
   *
   * @throws InputException if the file cannot be written or is no such history
   */
  public static History open(Path file) {
    try {
      Path folder = file.toAbsolutePath().getParent();
      if (folder != null) {
        Files.createDirectories(folder);
      }
      Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
      try (Statement statement = connection.createStatement()) {
        statement.execute("PRAGMA foreign_keys = ON");
        statement.execute("PRAGMA busy_timeout = 10000");
        for (String line : SCHEMA) {
          statement.execute(line);
        }
        return new History(connection, file);
      } catch (SQLException e) {
        connection.close();
        throw e;
      }
    } catch (SQLException | IOException e) {
      throw cannot("be opened as a history of runs", file, e);
    }
  }

  private static InputException cannot(String what, Path file, Exception e) {
    return new InputException(
        file + " cannot " + what + ": " + e.getMessage(), "Name another file with --history.", e);
  }

  /** A build's key begins with that of the settings, which was all of it once. */
  private static String key(RunSettings settings) {
    return settings.key() + BUILD + Build.current();
  }

  /** How many of these runs only other builds have finished. */
  public synchronized long ofOtherBuilds(List<RunSettings> runs) {
    return runs.stream().filter(run -> find(run).isEmpty() && anyBuildHas(run)).count();
  }

  private boolean anyBuildHas(RunSettings settings) {
    try (PreparedStatement query =
        connection.prepareStatement(
            "SELECT count(*) FROM run WHERE key = ?1 OR substr(key, 1, length(?2)) = ?2")) {
      query.setString(1, settings.key());
      query.setString(2, settings.key() + BUILD);
      try (ResultSet row = query.executeQuery()) {
        return row.getLong(1) > 0;
      }
    } catch (SQLException e) {
      throw cannot("be read", file, e);
    }
  }

  /** The run with these settings, if this build finished one before. */
  public synchronized Optional<RunRecord> find(RunSettings settings) {
    try (PreparedStatement query = connection.prepareStatement("SELECT * FROM run WHERE key = ?")) {
      query.setString(1, key(settings));
      try (ResultSet row = query.executeQuery()) {
        return row.next() ? Optional.of(read(row)) : Optional.empty();
      }
    } catch (SQLException e) {
      throw cannot("be read", file, e);
    }
  }

  private RunRecord read(ResultSet row) throws SQLException {
    long id = row.getLong("id");
    List<Look> looks = new ArrayList<>();
    List<NoiseScale.Estimate> noise = new ArrayList<>();
    try (PreparedStatement query =
            connection.prepareStatement("SELECT * FROM look WHERE run = ? ORDER BY step");
        ResultSet r = of(query, id)) {
      while (r.next()) {
        looks.add(
            new Look(
                r.getLong("step"),
                number(r, "seconds"),
                number(r, "train_loss"),
                number(r, "accuracy"),
                number(r, "test_loss")));
      }
    }
    try (PreparedStatement query =
            connection.prepareStatement("SELECT * FROM noise WHERE run = ? ORDER BY step");
        ResultSet r = of(query, id)) {
      while (r.next()) {
        noise.add(
            new NoiseScale.Estimate(
                r.getLong("step"),
                number(r, "value"),
                number(r, "low"),
                number(r, "high"),
                number(r, "gradient_squared"),
                number(r, "trace")));
      }
    }
    return new RunRecord(
        End.valueOf(row.getString("ended")),
        row.getLong("steps"),
        row.getLong("images"),
        number(row, "seconds"),
        number(row, "cpu_seconds"),
        number(row, "accuracy"),
        number(row, "loss_noise"),
        number(row, "gap"),
        row.getLong("predicted_peak_bytes"),
        row.getLong("measured_peak_bytes"),
        looks,
        noise);
  }

  private static ResultSet of(PreparedStatement query, long run) throws SQLException {
    query.setLong(1, run);
    return query.executeQuery();
  }

  /** SQLite has no NaN: it stands as NULL. */
  private static double number(ResultSet row, String column) throws SQLException {
    double value = row.getDouble(column);
    return row.wasNull() ? Double.NaN : value;
  }

  /** Remembers a run, in place of an earlier one with the same settings. */
  public synchronized void add(RunSettings settings, RunRecord run) {
    try {
      connection.setAutoCommit(false);
      execute("DELETE FROM run WHERE key = ?", key(settings));
      execute(
          "INSERT INTO run(key, finished, network, data, optimizer, implementation, lr, batch,"
              + " warm_up, seed, target, threads, ended, steps, images, seconds, cpu_seconds,"
              + " accuracy, loss_noise, gap, predicted_peak_bytes, measured_peak_bytes)"
              + " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
          key(settings),
          Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
          settings.network(),
          settings.data(),
          settings.recipe().optimizer().label(),
          settings.recipe().form().label(),
          settings.recipe().learningRate(),
          settings.batch(),
          settings.warmUp(),
          settings.seed(),
          settings.target(),
          settings.backend().threads(),
          run.end().name(),
          run.steps(),
          run.images(),
          run.seconds(),
          run.cpuSeconds(),
          run.accuracy(),
          run.lossNoise(),
          run.gap(),
          run.predictedPeakBytes(),
          run.measuredPeakBytes());
      String id = "(SELECT id FROM run WHERE key = ?)";
      for (Look look : run.looks()) {
        execute(
            "INSERT INTO look VALUES(" + id + ",?,?,?,?,?)",
            key(settings),
            look.step(),
            look.seconds(),
            look.trainLoss(),
            look.accuracy(),
            look.testLoss());
      }
      for (NoiseScale.Estimate e : run.noise()) {
        execute(
            "INSERT INTO noise VALUES(" + id + ",?,?,?,?,?,?)",
            key(settings),
            e.step(),
            e.value(),
            e.low(),
            e.high(),
            e.gradientSquared(),
            e.trace());
      }
      connection.commit();
      connection.setAutoCommit(true);
    } catch (SQLException e) {
      throw cannot("be written", file, e);
    }
  }

  /** Forgets runs with these settings. */
  public synchronized void forget(List<RunSettings> runs) {
    try {
      for (RunSettings settings : runs) {
        execute("DELETE FROM run WHERE key = ?", key(settings));
      }
    } catch (SQLException e) {
      throw cannot("be written", file, e);
    }
  }

  private void execute(String sql, @Nullable Object... values) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < values.length; i++) {
        Object value = values[i];
        statement.setObject(i + 1, value instanceof Double d && d.isNaN() ? null : value);
      }
      statement.executeUpdate();
    }
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      throw cannot("be closed", file, e);
    }
  }
}
