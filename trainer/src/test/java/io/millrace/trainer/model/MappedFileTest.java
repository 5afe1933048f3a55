package io.millrace.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MappedFileTest {
    private static final long GIB = 1L << 30;

    @TempDir
    private Path folder;

    @Test
    void fileBeyondTwoGibibytes_isReadAcrossEveryWindow() throws IOException {
        Path path = folder.resolve("sparse");
        long[] places = {0, GIB - 4, 2 * GIB, 3 * GIB - 4, 5 * GIB - 8};
        try (RandomAccessFile sparse = new RandomAccessFile(path.toFile(), "rw")) {
            for (long place : places) {
                sparse.seek(place);
                sparse.writeLong(place + 1);
            }
        }
        MappedFile file = MappedFile.open(path);
        assertThat(file.size()).isEqualTo(5 * GIB);
        byte[] bytes = new byte[Long.BYTES];
        for (long place : places) {
            file.copy(place, bytes, bytes.length);
            assertThat(ByteBuffer.wrap(bytes).getLong()).isEqualTo(place + 1);
            assertThat(file.slice(place, Long.BYTES).order(ByteOrder.BIG_ENDIAN).getLong())
                    .isEqualTo(place + 1);
        }
    }

    @Test
    void tensorOfMoreThanTwoGibibytes_isReadInPieces() throws IOException {
        Path path = folder.resolve("sparse");
        try (RandomAccessFile sparse = new RandomAccessFile(path.toFile(), "rw")) {
            sparse.seek(2 * GIB - 4);
            sparse.writeInt(Integer.reverseBytes(Float.floatToIntBits(1.5f)));
            sparse.writeInt(Integer.reverseBytes(Float.floatToIntBits(2.5f)));
            sparse.setLength(3 * GIB);
        }
        long[] shape = {3 * GIB / Float.BYTES};
        StoredTensor tensor = new StoredTensor(MappedFile.open(path), "x", Encoding.F32, shape, 0);
        ByteBuffer into = ByteBuffer.allocate(4 * Float.BYTES).order(ByteOrder.nativeOrder());
        tensor.read(2 * GIB / Float.BYTES - 2, 4, FloatType.FLOAT32, into);
        float[] values = new float[4];
        into.flip().asFloatBuffer().get(values);
        assertThat(values).containsExactly(0, 1.5f, 2.5f, 0);
    }
}
