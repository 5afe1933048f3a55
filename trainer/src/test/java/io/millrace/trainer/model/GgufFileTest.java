package io.millrace.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.trainer.Reference;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GgufFileTest {
    private static final Path FIXTURES = Reference.copy().resolve("gguf");
    private static final int STRING = 8;
    private static final int ARRAY = 9;
    private static final int F32 = 0;

    @TempDir
    private Path folder;

    @Test
    void metadataOfEveryType_isPlainJava() {
        assertThat(GgufFile.open(FIXTURES.resolve("types.gguf")).metadata())
                .containsEntry("test.u8", 255L)
                .containsEntry("test.i8", -128L)
                .containsEntry("test.u16", 65535L)
                .containsEntry("test.i16", -32768L)
                .containsEntry("test.u32", 4294967295L)
                .containsEntry("test.i32", -2147483648L)
                .containsEntry("test.f32", 0.5)
                .containsEntry("test.bool", true)
                .containsEntry("test.string", "Zürich 🙂")
                .containsEntry("test.u64", new BigInteger("18446744073709551615"))
                .containsEntry("test.i64", Long.MIN_VALUE)
                .containsEntry("test.f64", 0.1)
                .containsEntry("test.strings", List.of("a", "", "ß"))
                .containsEntry("test.ints", List.of(3L, -1L));
    }

    @ParameterizedTest
    @ValueSource(strings = {"types.gguf", "tiny-qwen2.gguf"})
    void damagedFile_fault43_opensOrIsRefused(String name) throws IOException {
        Path file = FIXTURES.resolve(name);
        Path scratch = folder.resolve("damaged.gguf");
        Corruption.truncations(file, 3000, scratch, GgufFileTest::readAll);
        Corruption.overwrites(file, 3000, 300, scratch, GgufFileTest::readAll);
    }

    @Test
    void wellFormedFile_opens() throws IOException {
        assertThat(open(3, 1, 0, b -> tensor(b, "x", F32, 0, 2, 4)).tensors()).containsOnlyKeys("x");
        assertThat(open(2, 0, 0, b -> {}).tensors()).isEmpty();
    }

    @Test
    void versionAndMagic_fault43_areChecked() throws IOException {
        assertRefused("version 1", 1, 0, 0, b -> {});
        assertRefused("version big-endian", Integer.reverseBytes(3), 0, 0, b -> {});
        Path file = Files.writeString(folder.resolve("x.gguf"), "PK, and so on");
        assertThatThrownBy(() -> GgufFile.open(file)).hasMessageContainingAll("x.gguf", "no GGUF file");
        Path empty = Files.write(folder.resolve("empty.gguf"), new byte[0]);
        assertThatThrownBy(() -> GgufFile.open(empty))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContainingAll("empty.gguf", "truncated");
    }

    @Test
    void lyingMetadata_fault43_isRefused() throws IOException {
        assertRefused("metadata entries", 3, 0, Long.MAX_VALUE, b -> {});
        assertRefused("runs past the header", 3, 0, 1, b -> b.putLong(1L << 40));
        assertRefused("runs past the header", 3, 0, 1, b -> b.putLong(-1));
        assertRefused(
                "metadata k has the unknown type 99",
                3,
                0,
                1,
                b -> string(b, "k").putInt(99));
        assertRefused(
                "array of arrays",
                3,
                0,
                1,
                b -> string(b, "k").putInt(ARRAY).putInt(ARRAY).putLong(1));
        assertRefused(
                "has 5000000 elements",
                3,
                0,
                1,
                b -> string(b, "k").putInt(ARRAY).putInt(STRING).putLong(5_000_000));
        assertRefused("metadata k is there twice", 3, 0, 2, b -> {
            string(b, "k").putInt(7).put((byte) 1);
            string(b, "k").putInt(7).put((byte) 1);
        });
        assertRefused(
                "general.alignment = 12 is not a power of 2",
                3,
                0,
                1,
                b -> string(b, "general.alignment").putInt(4).putInt(12));
    }

    @Test
    void lyingTensors_fault43_areRefusedByName() throws IOException {
        assertRefused("tensors", 3, -1, 0, b -> {});
        assertRefused("tensor x: has 5 dimensions", 3, 1, 0, b -> string(b, "x").putInt(5));
        assertRefused("tensor x: has 0 dimensions", 3, 1, 0, b -> string(b, "x").putInt(0));
        assertRefused("tensor x: shape [4, -1]", 3, 1, 0, b -> tensor(b, "x", F32, 0, -1, 4));
        assertRefused("tensor x: shape [4, 0]", 3, 1, 0, b -> tensor(b, "x", F32, 0, 0, 4));
        assertRefused("does not fit into the file", 3, 1, 0, b -> tensor(b, "x", F32, 0, 1L << 62, 1L << 62));
        assertRefused("don't lie within the file", 3, 1, 0, b -> tensor(b, "x", F32, 0, 8, 9));
        assertRefused("don't lie within the file", 3, 1, 0, b -> tensor(b, "x", F32, 1L << 62, 2));
        assertRefused("offset 7, not a multiple of 32", 3, 1, 0, b -> tensor(b, "x", F32, 7, 2));
        assertRefused("not whole blocks of Q4_0 (32)", 3, 1, 0, b -> tensor(b, "x", 2, 0, 33));
        assertRefused("tensor x: has type IQ4_XS", 3, 1, 0, b -> tensor(b, "x", 23, 0, 256));
        assertRefused("tensor x: has type number 4294967295", 3, 1, 0, b -> tensor(b, "x", -1, 0, 256));
        assertRefused("tensor x: is described twice", 3, 2, 0, b -> {
            tensor(b, "x", F32, 0, 2);
            tensor(b, "x", F32, 32, 2);
        });
        assertRefused("overlaps the tensor before it", 3, 2, 0, b -> {
            tensor(b, "x", F32, 0, 16);
            tensor(b, "y", F32, 32, 16);
        });
    }

    private void assertRefused(String reason, int version, long tensors, long metadata, Consumer<ByteBuffer> body) {
        assertThatThrownBy(() -> open(version, tensors, metadata, body))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContainingAll("x.gguf", reason);
    }

    /** A file of that header, and 256 bytes for tensors. */
    private GgufFile open(int version, long tensors, long metadata, Consumer<ByteBuffer> body) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(1024).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put("GGUF".getBytes(StandardCharsets.US_ASCII))
                .putInt(version)
                .putLong(tensors)
                .putLong(metadata);
        body.accept(bytes);
        int dataStart = (bytes.position() + 31) / 32 * 32;
        return GgufFile.open(Files.write(folder.resolve("x.gguf"), Arrays.copyOf(bytes.array(), dataStart + 256)));
    }

    private static ByteBuffer string(ByteBuffer bytes, String text) {
        return bytes.putLong(text.length()).put(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static void tensor(ByteBuffer bytes, String name, int type, long offset, long... innermostFirst) {
        string(bytes, name).putInt(innermostFirst.length);
        for (long dimension : innermostFirst) {
            bytes.putLong(dimension);
        }
        bytes.putInt(type).putLong(offset);
    }

    private static void readAll(Path path) {
        GgufFile.open(path).tensors().values().forEach(StoredTensor::floats);
    }
}
