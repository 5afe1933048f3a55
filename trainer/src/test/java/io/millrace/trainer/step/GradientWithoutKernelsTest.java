package io.millrace.trainer.step;

import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/** The same of the engine's operations, which stand in for the kernels on a GPU and on machines that have none. */
@ExtendWith(GradientWithoutKernelsTest.WithoutKernels.class)
class GradientWithoutKernelsTest extends LoraGradientTest {
    static final class WithoutKernels implements BeforeAllCallback, AfterAllCallback {
        @Override
        public void beforeAll(ExtensionContext context) {
            System.setProperty("millrace.kernels", "false");
        }

        @Override
        public void afterAll(ExtensionContext context) {
            System.clearProperty("millrace.kernels");
        }
    }
}
