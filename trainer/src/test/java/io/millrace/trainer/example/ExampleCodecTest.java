package io.millrace.trainer.example;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ExampleCodecTest {
    /** What {@code examples-v1.jsonl} holds, a line each. The file is never changed: logs on disk are written like it. */
    private static List<Example> frozen() {
        Map<String, Object> call = new LinkedHashMap<>();
        call.put("name", "get_order");
        call.put("arguments", Map.of("id", 4711));
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("tool_calls", List.of(call));
        fields.put("big", 1L << 40);
        fields.put("ratio", 0.1);
        fields.put("final", false);
        Map<String, Object> tool = Map.of("type", "function");
        return List.of(
                Example.of(Chat.of(
                        ChatMessage.of("user", "Hi"), ChatMessage.of("assistant", "Hello \"you\"\n\u0000é漢😀"))),
                new Example(
                        new Chat(
                                List.of(
                                        ChatMessage.of("system", ""),
                                        new ChatMessage("assistant", Optional.empty(), fields)),
                                List.of(tool)),
                        0.1f,
                        Optional.of(Instant.parse("2026-01-02T03:04:05.000000006Z")),
                        List.of("a", "b"),
                        true),
                Example.of(new Completion("", "done")),
                Example.of(new PlainText("half a pair: \ud83d.")),
                Example.of(new TokenIds(List.of(0, 49151), List.of(0f, 1.1754944e-38f))));
    }

    private static List<String> frozenLines() throws IOException {
        try (InputStream in = ExampleCodecTest.class.getResourceAsStream("examples-v1.jsonl")) {
            assertThat(in).isNotNull();
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        }
    }

    @Test
    void encodingOfVersion1_isFrozen() throws IOException {
        List<String> encoded = frozen().stream()
                .map(example -> new String(ExampleCodec.encode(example), StandardCharsets.UTF_8))
                .toList();

        assertThat(encoded).isEqualTo(frozenLines());
    }

    @Test
    void decodingOfVersion1_givesTheExamples() throws IOException {
        List<Example> decoded = frozenLines().stream()
                .map(line -> ExampleCodec.decode(line.getBytes(StandardCharsets.UTF_8)))
                .toList();

        assertThat(decoded).isEqualTo(frozen());
    }

    @Test
    void nullAmongFields_survives() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("list", Arrays.asList(1, null));
        Example example = Example.of(new Chat(List.of(new ChatMessage("tool", Optional.empty(), fields)), List.of()));

        assertThat(ExampleCodec.decode(ExampleCodec.encode(example))).isEqualTo(example);
    }

    @Test
    void digest_isSha256OfTheEncoding() {
        // echo -n '{"v":1,"text":"a"}' | sha256sum
        assertThat(HexFormat.of().formatHex(ExampleCodec.digest(ExampleCodec.encode(Example.of(new PlainText("a"))))))
                .isEqualTo("6ee761c164941979a10e71dfb6b224fae9b1928695f82fde3211a1d98f3cc90a");
    }

    @Test
    void unknownVersion_isRefusedByName() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> decode("{\"v\":2,\"text\":\"a\"}"))
                .withMessageContaining("version 2")
                .withMessageContaining("reads version 1");
    }

    @Test
    void damagedEncoding_isRefused() {
        for (String damaged : List.of(
                "",
                "[]",
                "{}",
                "{\"text\":\"a\"}",
                "{\"v\":1}",
                "{\"v\":1,\"song\":\"a\"}",
                "{\"v\":1,\"text\":\"a\"",
                "{\"v\":1,\"text\":\"a\",\"colour\":1}",
                "{\"v\":1,\"text\":\"a\"}{}",
                "{\"v\":1,\"completion\":{\"prompt\":\"a\"}}",
                "{\"v\":1,\"text\":\"a\",\"event_time\":\"yesterday\"}")) {
            assertThatIllegalArgumentException().as(damaged).isThrownBy(() -> decode(damaged));
        }
    }

    @Test
    void fieldThatIsNoJson_isRefusedByPath() {
        Example example = Example.of(new Chat(
                List.of(new ChatMessage("tool", Optional.empty(), Map.of("a", List.of(Double.NaN)))), List.of()));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> ExampleCodec.encode(example))
                .withMessageContaining("fields.a[0] is NaN");
    }

    private static Example decode(String encoding) {
        return ExampleCodec.decode(encoding.getBytes(StandardCharsets.UTF_8));
    }
}
