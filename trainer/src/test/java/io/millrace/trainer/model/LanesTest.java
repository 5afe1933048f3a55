package io.millrace.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.pytorch.jni.JniUtils;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LanesTest {
    private final Lanes lanes = new Lanes(Device.cpu(), 2);

    @AfterEach
    void close() {
        lanes.close();
    }

    @Test
    void passes_runAtOnceWithTheirShareOfTheProcessors() {
        CountDownLatch bothRun = new CountDownLatch(2);
        List<String> found = lanes.run(2, lane -> {
            bothRun.countDown();
            return lane + " " + await(bothRun) + " " + JniUtils.getNumThreads();
        });
        assertThat(found).containsExactly("0 true 1", "1 true 1");
    }

    @Test
    void singlePass_hasAllProcessorsOnTheCallersThread() {
        int all = PyTorch.threads();
        assertThat(lanes.run(1, lane -> Thread.currentThread().getName() + " " + JniUtils.getNumThreads()))
                .containsExactly(Thread.currentThread().getName() + " " + all);
    }

    @Test
    void failure_isTheCallersOnceTheOtherPassesAreDone() {
        CountDownLatch failed = new CountDownLatch(1);
        AtomicBoolean otherDone = new AtomicBoolean();
        assertThatThrownBy(() -> lanes.run(2, lane -> {
                    if (lane == 0) {
                        failed.countDown();
                        throw new IllegalStateException("no memory");
                    }
                    otherDone.set(await(failed));
                    return lane;
                }))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("no memory");
        assertThat(otherDone).isTrue();
    }

    @Test
    void gpu_hasOne() {
        try (Lanes gpu = new Lanes(Device.gpu(0), 16)) {
            assertThat(gpu.count()).isEqualTo(1);
        }
    }

    private static boolean await(CountDownLatch latch) {
        try {
            return latch.await(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
