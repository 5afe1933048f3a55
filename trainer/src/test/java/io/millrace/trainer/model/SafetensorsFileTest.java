package io.millrace.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.trainer.Reference;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsFileTest {
    @TempDir
    private Path folder;

    @Test
    void fileOfTheLibrary_readsNamesShapesMetadata() {
        Path path = Reference.copy().resolve("tiny-llama/model.safetensors");
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertThat(file.metadata()).isEqualTo(Map.of("format", "pt"));
            assertThat(file.names()).contains("model.norm.weight", "model.layers.2.mlp.up_proj.weight");
            assertThat(file.shape("model.layers.0.mlp.down_proj.weight")).containsExactly(32, 80);
            assertThat(file.floats("model.embed_tokens.weight"))
                    .hasSize(320 * 32)
                    .doesNotContain(Float.NaN);
        }
    }

    @Test
    void everyReadableType_givesItsValues() throws IOException {
        ByteBuffer data = ByteBuffer.allocate(48).order(ByteOrder.LITTLE_ENDIAN);
        data.putFloat(1.5f).putFloat(-0f);
        data.putShort((short) 0x3c00).putShort((short) 0x0001);
        data.putShort((short) 0xbf80).putShort((short) 0x7f80);
        data.putDouble(0.1).putDouble(1e300);
        data.putLong(-7).putInt(9).putInt(-1);
        Path path = write("""
                {"f32":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"f16":{"dtype":"F16","shape":[2],"data_offsets":[8,12]},
                "bf16":{"dtype":"BF16","shape":[1,2],"data_offsets":[12,16]},"f64":{"dtype":"F64","shape":[2],"data_offsets":[16,32]},
                "i64":{"dtype":"I64","shape":[],"data_offsets":[32,40]},"i32":{"dtype":"I32","shape":[2],"data_offsets":[40,48]},
                "none":{"dtype":"F32","shape":[0,4],"data_offsets":[48,48]}}""", data.array());
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertThat(file.floats("f32")).containsExactly(1.5f, -0f);
            assertThat(file.floats("f16")).containsExactly(1f, 0x1p-24f);
            assertThat(file.floats("bf16")).containsExactly(-1f, Float.POSITIVE_INFINITY);
            assertThat(file.floats("f64")).containsExactly(0.1f, Float.POSITIVE_INFINITY);
            assertThat(file.floats("i64")).containsExactly(-7f);
            assertThat(file.floats("i32")).containsExactly(9f, -1f);
            assertThat(file.floats("none")).isEmpty();
            assertThat(file.metadata()).isEmpty();
        }
    }

    @Test
    void readAsBfloat16_roundsToNearestEven() throws IOException {
        ByteBuffer data = ByteBuffer.allocate(20).order(ByteOrder.LITTLE_ENDIAN);
        data.putInt(0x3f808000)
                .putInt(0x3f818000)
                .putInt(0x3f808001)
                .putInt(0x7fffffff)
                .putInt(0x7f7fffff);
        Path path = write("{\"x\":{\"dtype\":\"F32\",\"shape\":[5],\"data_offsets\":[0,20]}}", data.array());
        ByteBuffer into = ByteBuffer.allocateDirect(12).order(ByteOrder.nativeOrder());
        into.position(2);
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            file.read("x", FloatType.BFLOAT16, into);
        }
        short[] read = new short[5];
        into.flip().position(2).asShortBuffer().get(read);
        assertThat(read).containsExactly(0x3f80, 0x3f82, 0x3f81, 0x7fc0, 0x7f80);
        assertThat(into.limit()).isEqualTo(12);
    }

    @Test
    void unknownTensor_isRefusedByName() {
        try (SafetensorsFile file = SafetensorsFile.open(Reference.copy().resolve("tiny-llama/model.safetensors"))) {
            assertThatThrownBy(() -> file.shape("model.layers.3.mlp.up_proj.weight"))
                    .isInstanceOf(ModelFormatException.class)
                    .hasMessageContainingAll(
                            "model.safetensors", "model.layers.3.mlp.up_proj.weight", "not in the file");
        }
    }

    @Test
    void bufferTooSmall_isRefusedWithBothSizes() {
        try (SafetensorsFile file = SafetensorsFile.open(Reference.copy().resolve("tiny-llama/model.safetensors"))) {
            assertThatThrownBy(() -> file.read("model.norm.weight", FloatType.FLOAT32, ByteBuffer.allocate(127)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll("model.norm.weight", "128", "127");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{                                                                        | not valid JSON",
                "[]                                                                       | not a JSON object",
                "{} trailing                                                              | not valid JSON",
                "{\"x\":5}                                                                | dtype",
                "{\"x\":{\"dtype\":\"F8_E4M3\",\"shape\":[8],\"data_offsets\":[0,8]}}     | F8_E4M3",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}        | shape [-2]",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[2.5],\"data_offsets\":[0,8]}}       | shape [2.5]",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":2,\"data_offsets\":[0,8]}}           | shape 2",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}         | shape [3] of F32",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,8]}} | does not take the 8 bytes",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999],\"data_offsets\":[0,8]}}  | whole numbers",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,12]}}        | ends at byte 12 of 8",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}         | data_offsets [8,0]",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4,8]}}       | data_offsets [0,4,8]",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}         | starts at byte 4",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}         | header speaks of 4",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"y\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}} | tensor y: starts at byte 4",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}} | Duplicate field 'x'",
                "{\"__metadata__\":{\"format\":1},\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}} | __metadata__.format",
                "{\"__metadata__\":7,\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}} | __metadata__"
            })
    void lyingHeader_fault43_isRefusedWithFileAndReason(String header, String reason) throws IOException {
        Path path = write(header, new byte[8]);
        assertThatThrownBy(() -> SafetensorsFile.open(path))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContainingAll(path.toString(), reason);
    }

    @Test
    void deeplyNestedHeader_fault43_isRefused() throws IOException {
        Path path = write("[".repeat(1_000_000), new byte[0]);
        assertThatThrownBy(() -> SafetensorsFile.open(path)).isInstanceOf(ModelFormatException.class);
    }

    @ParameterizedTest
    @CsvSource({"-1, 18446744073709551615", "16777217, at most 16777216", "9, truncated"})
    void lyingHeaderLength_fault43_isRefused(long length, String reason) throws IOException {
        byte[] bytes = ByteBuffer.allocate(16)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(length)
                .array();
        Path path = Files.write(folder.resolve("x.safetensors"), bytes);
        assertThatThrownBy(() -> SafetensorsFile.open(path))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContainingAll("x.safetensors", reason);
    }

    @Test
    void damagedFile_fault43_opensOrIsRefused() throws IOException {
        Path file = Reference.copy().resolve("tiny-llama/adapters/lora/adapter_model.safetensors");
        Path scratch = folder.resolve("damaged.safetensors");
        Corruption.truncations(file, 5192, scratch, SafetensorsFileTest::readAll);
        Corruption.overwrites(file, 5192, 300, scratch, SafetensorsFileTest::readAll);
    }

    @Test
    void missingFileOrFolder_isRefused() {
        assertThatThrownBy(() -> SafetensorsFile.open(folder.resolve("absent.safetensors")))
                .hasMessageContainingAll("absent.safetensors", "no such file");
        assertThatThrownBy(() -> SafetensorsFile.open(folder)).hasMessageContaining("is not a file");
    }

    private static void readAll(Path path) {
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            file.names().forEach(file::floats);
        }
    }

    private Path write(String header, byte[] data) throws IOException {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(8 + json.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(json.length).put(json).put(data);
        return Files.write(folder.resolve("x.safetensors"), bytes.array());
    }
}
