package dev.headroom.app.train;

import dev.headroom.graph.Graph;
import dev.headroom.loop.TrainingLoop;
import dev.headroom.torch.TorchEngine;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** A run that is under way, as its companions see it. */
public final class Running {
  final TorchEngine engine;
  final TrainingLoop<Tensor> loop;
  final Graph graph;
  final List<Companion> companions;
  final Position position = new Position();

  /** Samples that one optimizer step takes, the last step of a pass left aside. */
  final int stepSamples;

  /** Samples that one pass takes. */
  final int passSamples;

  Running(
      TorchEngine engine,
      TrainingLoop<Tensor> loop,
      Graph graph,
      List<Companion> companions,
      int stepSamples,
      int passSamples) {
    this.engine = engine;
    this.loop = loop;
    this.graph = graph;
    this.companions = companions;
    this.stepSamples = stepSamples;
    this.passSamples = passSamples;
  }
}
