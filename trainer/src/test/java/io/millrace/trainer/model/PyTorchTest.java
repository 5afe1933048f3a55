package io.millrace.trainer.model;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.trainer.TinyModel;
import org.junit.jupiter.api.Test;

class PyTorchTest {
    @Test
    void threadsOfARunningEngine_cannotBeChanged() {
        TinyModel.load(TinyModel.plain(), FloatType.FLOAT32).close();
        assertThatThrownBy(() -> PyTorch.configureThreads(1, 1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("before the first model is loaded");
    }
}
