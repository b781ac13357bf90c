package dev.headroom.graph;

/**
 * A network's own initialisation, in place of what its modules do by themselves: torchvision's
 * constructors go over {@code self.modules()} with such a rule.
 */
@FunctionalInterface
public interface InitRule {
  /** What every module does by itself. */
  InitRule STANDARD = (parameter, shape, standard) -> standard;

  /**
   * How to fill a parameter.
   *
   * @param parameter class of the module and name of the parameter: {@code Conv2d.weight}
   * @param shape the parameter's sizes
   * @param standard what the module does by itself
   */
  Init of(String parameter, long[] shape, Init standard);
}
