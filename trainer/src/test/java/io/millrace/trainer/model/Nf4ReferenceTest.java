package io.millrace.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millrace.trainer.Reference;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against bitsandbytes; {@code make_nf4.py} says what each tensor is. */
class Nf4ReferenceTest {
    @ParameterizedTest
    @ValueSource(strings = {"small", "square", "heavy", "bfloat16"})
    void quantisedWeight_hasTheBytesOfBitsandbytes(String name) {
        try (SafetensorsFile file = SafetensorsFile.open(Reference.other("nf4/nf4.safetensors"))) {
            float[] weight = file.floats(name + ".weight");
            ByteBuffer codes = ByteBuffer.allocate(weight.length / 2);
            ByteBuffer scales = ByteBuffer.allocate(Nf4.blocks(weight.length));
            FloatBuffer largest = FloatBuffer.allocate(Nf4.largeBlocks(weight.length) + 1);
            Nf4.quantise(FloatBuffer.wrap(weight), codes, scales, largest);
            assertThat(unsigned(codes)).containsExactly(ints(file.floats(name + ".codes")));
            assertNearly(unsigned(scales), ints(file.floats(name + ".scales")));
            float[] expected = file.floats(name + ".largest");
            for (int i = 0; i < expected.length; i++) {
                assertThat(largest.get(i)).isCloseTo(expected[i], within(1e-6f));
            }
            assertThat(largest.get(expected.length)).isCloseTo(file.floats(name + ".mean")[0], within(1e-6f));
        }
    }

    /** Of two neighbours bitsandbytes doesn't always take the nearer. */
    private static void assertNearly(int[] scales, int[] expected) {
        assertThat(scales).hasSameSizeAs(expected);
        for (int i = 0; i < expected.length; i++) {
            assertThat(scales[i]).isBetween(expected[i] - 1, expected[i] + 1);
        }
        assertThat(IntStream.range(0, expected.length)
                        .filter(i -> scales[i] != expected[i])
                        .count())
                .isLessThan(1 + expected.length / 50);
    }

    private static int[] unsigned(ByteBuffer bytes) {
        return IntStream.range(0, bytes.capacity())
                .map(i -> bytes.get(i) & 0xff)
                .toArray();
    }

    private static int[] ints(float[] values) {
        return IntStream.range(0, values.length).map(i -> (int) values[i]).toArray();
    }
}
