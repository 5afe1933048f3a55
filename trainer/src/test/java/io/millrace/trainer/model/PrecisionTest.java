package io.millrace.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PrecisionTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({
        "'flags\t\t: fpu avx512f avx512_bf16 fsrm', BFLOAT16",
        "'flags\t\t: fpu avx512f amx_bf16 amx_tile', BFLOAT16",
        "'Features\t: fp asimd bf16 i8mm', BFLOAT16",
        "'flags\t\t: fpu avx2 avx512f avx512_vnni', FLOAT32",
        "'model name\t: bf16 in name only', FLOAT32"
    })
    void instructionSets_decide(String line, FloatType type) throws IOException {
        Path cpuinfo = Files.writeString(folder.resolve("cpuinfo"), "processor\t: 0\n" + line + "\n");
        assertThat(Precision.auto(cpuinfo)).isEqualTo(type);
    }

    @Test
    void machineThatDoesNotSay_getsFloat32() {
        assertThat(Precision.auto(folder.resolve("absent"))).isEqualTo(FloatType.FLOAT32);
    }
}
