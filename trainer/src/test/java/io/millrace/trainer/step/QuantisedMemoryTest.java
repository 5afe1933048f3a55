package io.millrace.trainer.step;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** No dequantised block outlives its use, neither forward nor on the way back: a step's memory doesn't grow with the blocks. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "only Linux tells a process's peak anew")
class QuantisedMemoryTest {
    private static final int FEW = 2;
    private static final int MANY = 14;

    @ParameterizedTest
    @ValueSource(strings = {"{\"method\": \"lora\", \"rank\": 1}", "{\"method\": \"dora\", \"rank\": 1}"})
    void stepOnManyBlocks_takesNoMoreMemoryThanOnFew(String config) throws Exception {
        long grown = riseOf(config, MANY) - riseOf(config, FEW);

        // were blocks retained, it would be 12 times one
        assertThat(grown).isLessThan(3 * QuantisedMemory.DEQUANTISED_BLOCK);
    }

    /** In a process of its own, since memory that earlier tests freed would hide what is retained. */
    private static long riseOf(String config, int blocks) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(List.of(
                System.getProperty("java.home") + File.separator + "bin" + File.separator + "java",
                "-Xms64m",
                "-Xmx64m",
                "-XX:+AlwaysPreTouch",
                "-cp",
                System.getProperty("java.class.path"),
                QuantisedMemory.class.getName(),
                config,
                Integer.toString(blocks)));
        builder.environment().put("MALLOC_ARENA_MAX", "1");
        // a block's weights are larger, so that they go back to the system when they are freed
        builder.environment().put("MALLOC_MMAP_THRESHOLD_", Integer.toString(1 << 20));
        Process process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        String last = said.lines()
                .filter(line -> line.startsWith("rose by "))
                .findFirst()
                .orElseThrow();
        return Long.parseLong(last.substring("rose by ".length()));
    }
}
