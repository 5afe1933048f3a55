package io.millrace.client.jsonl;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.Content;
import io.millrace.client.Content.Message;
import io.millrace.client.Example;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.test.StepVerifier;

class ExampleLinesTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static List<ParsedLine> read(byte[] input) {
        return ExampleLines.read(() -> new ByteArrayInputStream(input))
                .collectList()
                .blockOptional(PATIENCE)
                .orElseThrow();
    }

    private static List<ParsedLine> read(String input) {
        return read(input.getBytes(StandardCharsets.UTF_8));
    }

    private static Example example(String line) {
        ParsedLine parsed = read(line).get(0);
        assertThat(parsed).isInstanceOf(ParsedLine.Valid.class);
        return ((ParsedLine.Valid) parsed).example();
    }

    private static String refusal(String line) {
        ParsedLine parsed = read(line).get(0);
        assertThat(parsed).isInstanceOf(ParsedLine.Bad.class);
        return ((ParsedLine.Bad) parsed).reason();
    }

    @Test
    void openAiMessages_areAChatWithItsToolsAndFurtherFields() {
        Example example = example("""
                {"messages": [{"role": "system", "content": null}, {"role": "user", "content": [{"type": "text", "text": "a"}, \
                {"type": "text", "text": "b"}]}, {"role": "assistant", "content": "c", "weight": 1, "name": "bot"}, \
                {"role": "assistant", "tool_calls": [{"id": 1}]}], "tools": [{"type": "function"}], "parallel_tool_calls": false}""");

        assertThat(example.content())
                .isEqualTo(new Content.Chat(
                        List.of(
                                new Message("system", Optional.empty(), ""),
                                Message.of("user", "ab"),
                                new Message("assistant", Optional.of("c"), "{\"name\":\"bot\"}"),
                                new Message("assistant", Optional.empty(), "{\"tool_calls\":[{\"id\":1}]}")),
                        List.of("{\"type\":\"function\"}")));
    }

    @Test
    void promptAndCompletion_areACompletion() {
        assertThat(example("{\"prompt\": \"p\", \"completion\": \"c\"}").content())
                .isEqualTo(new Content.Completion("p", "c"));
    }

    @Test
    void fieldsBesideTheContent_areRead() {
        Example example =
                example("{\"text\": \"größer 🙂\", \"weight\": 2.5, \"tags\": [\"x\"], \"always_train\": true, "
                        + "\"event_time\": \"2026-01-31T13:00:00+01:00\", \"id\": 7}");

        assertThat(example)
                .isEqualTo(new Example(
                        new Content.PlainText("größer 🙂"),
                        2.5f,
                        Optional.of(Instant.parse("2026-01-31T12:00:00Z")),
                        List.of("x"),
                        true,
                        "line 1"));
    }

    @Test
    void nullFields_areAbsentOnes() {
        assertThat(
                        example(
                                "{\"text\": \"a\", \"weight\": null, \"tags\": null, \"event_time\": null, \"always_train\": null}"))
                .isEqualTo(Example.text("a").withOrigin("line 1"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "[1]|is not a JSON object",
                "{\"text\": \"a\"|is not valid JSON",
                "{\"text\": \"a\"} {}|is not valid JSON",
                "{\"chosen\": \"a\", \"rejected\": \"b\"}|found [chosen, rejected]",
                "{\"text\": \"a\", \"messages\": []}|expected one of messages, prompt with completion, or text",
                "{\"text\": 5}|text is 5; it must be a string",
                "{\"text\": \"\"}|text is empty",
                "{\"text\": \"\\ud800\"}|unpaired surrogate",
                "{\"prompt\": \"a\"}|completion is missing; it must be a string",
                "{\"prompt\": [{\"role\": \"user\"}], \"completion\": \"b\"}|prompt is a list; it must be a string",
                "{\"messages\": \"hi\"}|messages is a string; it must be a list",
                "{\"messages\": []}|messages is empty",
                "{\"messages\": [7]}|messages[0] is 7; it must be an object",
                "{\"messages\": [{\"content\": \"a\"}]}|messages[0].role is missing",
                "{\"messages\": [{\"role\": \"user\", \"content\": 7}]}|messages[0].content is 7",
                "{\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"image_url\"}]}]}|messages[0].content[0] is of type \"image_url\"",
                "{\"messages\": [{\"role\": \"assistant\", \"content\": \"a\", \"weight\": 0}]}|messages[0].weight is 0",
                "{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}], \"tools\": 1}|tools is 1",
                "{\"text\": \"a\", \"weight\": -1}|weight is -1.0; it must be above 0",
                "{\"text\": \"a\", \"weight\": \"1\"}|weight is a string",
                "{\"text\": \"a\", \"tags\": [1]}|tags is a list; it must be a list of strings",
                "{\"text\": \"a\", \"always_train\": 1}|always_train is 1",
                "{\"text\": \"a\", \"event_time\": \"yesterday\"}|event_time is \"yesterday\""
            })
    void badLine_isRefusedWithFieldAndRemedy(String line, String reason) {
        assertThat(refusal(line)).contains(reason);
    }

    @Test
    void linesAreCounted_blankOnesToo() {
        assertThat(read("\uFEFF{\"text\": \"a\"}\r\n\n  \n{\"text\": \"b\"}\nx"))
                .extracting(ParsedLine::number)
                .containsExactly(1L, 4L, 5L);
    }

    @Test
    void invalidUtf8_isRefused() {
        byte[] line = "{\"text\": \"aXb\"}".getBytes(StandardCharsets.UTF_8);
        line[11] = (byte) 0xFF;

        assertThat(read(line).get(0).toString()).startsWith("line 1: is not valid JSON: Invalid UTF-8");
    }

    @Test
    void overlongLine_isRefusedAndTheNextOneRead() {
        List<ParsedLine> lines = read("{\"text\": \"" + "x".repeat(9 << 20) + "\"}\n{\"text\": \"b\"}\n");

        assertThat(lines.get(0).toString()).startsWith("line 1: is longer than 8388608 bytes");
        assertThat(lines.get(1)).isInstanceOf(ParsedLine.Valid.class);
    }

    @Test
    void endlessInput_isReadAsAskedFor() {
        AtomicLong read = new AtomicLong();
        byte[] line = "{\"text\": \"a\"}\n".getBytes(StandardCharsets.UTF_8);
        InputStream endless = new InputStream() {
            @Override
            public int read() {
                return line[(int) (read.getAndIncrement() % line.length)];
            }

            @Override
            public int read(byte[] bytes, int offset, int length) {
                for (int i = offset; i < offset + length; i++) {
                    bytes[i] = (byte) read();
                }
                return length;
            }
        };

        StepVerifier.create(ExampleLines.read(() -> endless), 0)
                .expectSubscription()
                .then(() -> assertThat(read).hasValue(0))
                .thenRequest(3)
                .expectNextCount(3)
                .thenCancel()
                .verify(PATIENCE);
        assertThat(read.get()).isLessThanOrEqualTo(64 << 10);
    }
}
