package dev.headroom.torch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A C++ exception keeps its message alone, as PyTorch's sources have it. */
class OutOfMemoryMessageTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // c10/cuda/CUDACachingAllocator.cpp
        "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 23.69 GiB of"
            + " which 1.06 GiB is free. | true",
        // c10/cuda/CUDAException.cpp, after cudaGetErrorString
        "CUDA error: out of memory | true",
        // aten/src/ATen/cuda/Exceptions.h
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)` | true",
        "CUDA error: an illegal memory access was encountered | false",
        "mat1 and mat2 shapes cannot be multiplied (1x2 and 3x4) | false"
      })
  void isToldFromOtherFailures(String message, boolean memory) {
    assertThat(TorchOutOfMemoryException.is(new RuntimeException(message))).isEqualTo(memory);
  }
}
