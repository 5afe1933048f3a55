package io.millrace.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DevicesTest {
    @Test
    void auto_isTheFirstGpu_orTheCpuWhereThereIsNone() {
        assertThat(Devices.named("auto", 2)).isEqualTo(Device.gpu(0));
        assertThat(Devices.named("auto", 0)).isEqualTo(Device.cpu());
    }

    @Test
    void cpu_isTheCpu_whateverTheMachineHas() {
        assertThat(Devices.named("cpu", 2)).isEqualTo(Device.cpu());
    }

    @Test
    void cuda_isTheFirstGpu_orTheOneNamed() {
        assertThat(Devices.named("cuda", 2)).isEqualTo(Device.gpu(0));
        assertThat(Devices.named("cuda:1", 2)).isEqualTo(Device.gpu(1));
        assertThat(Devices.name(Devices.named("cuda:1", 2))).isEqualTo("cuda:1");
    }

    @Test
    void gpusThatTakeMemory_areCountedFromTheFirst() {
        assertThat(Devices.count(gpu -> gpu < 3)).isEqualTo(3);
        assertThat(Devices.count(gpu -> false)).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"cuda", "cuda:0"})
    void cudaWithoutGpu_saysWhatToDo(String name) {
        assertThatThrownBy(() -> Devices.named(name, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        name + ", but the engine sees no GPU: take cpu, or give it libraries for CUDA (README, GPU)");
    }

    @Test
    void gpuThatIsNotThere_saysWhichAre() {
        assertThatThrownBy(() -> Devices.named("cuda:2", 2))
                .hasMessage("cuda:2, but the engine sees 2 GPU(s): take cuda:0 to cuda:1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "gpu", "cuda:", "cuda:-1", "cuda:1234", "CPU"})
    void anythingElse_isRefused(String name) {
        assertThatThrownBy(() -> Devices.named(name, 2)).hasMessage(name + "; it must be auto, cpu, cuda or cuda:N");
    }
}
