package io.millrace.client.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.client.FakeAdapters;
import io.millrace.client.FakeIngest;
import io.millrace.v1.Adapter;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PushCommandTest {
    private static final String ADAPTER = "tenants/t/adapters/a";
    private static final String STREAM = ADAPTER + "/streams/s";

    private final FakeIngest ingest = new FakeIngest();
    private final FakeAdapters adapters = new FakeAdapters();
    private final LoopbackServer server = new LoopbackServer(ingest, adapters);

    @TempDir
    private Path directory;

    @BeforeEach
    void createAdapter() {
        adapters.adapters.put(ADAPTER, Adapter.newBuilder().setName(ADAPTER).build());
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private CommandLineRun push(String... arguments) {
        List<String> all = new ArrayList<>(List.of("--server", server.address(), "--adapter", ADAPTER));
        all.addAll(List.of(arguments));
        return CommandLineRun.of(new PushCommand(), all.toArray(String[]::new));
    }

    private String file(String... lines) throws IOException {
        return Files.write(directory.resolve("My Tickets.jsonl"), List.of(lines))
                .toString();
    }

    private static String text(int i) {
        return "{\"text\": \"text %d\"}".formatted(i);
    }

    private String texts(int count) throws IOException {
        return file(IntStream.range(0, count).mapToObj(PushCommandTest::text).toArray(String[]::new));
    }

    private static List<String> stored(int count) {
        return IntStream.range(0, count).mapToObj(i -> "text " + i).toList();
    }

    @Test
    void file_isPushedAndCounted() throws IOException {
        CommandLineRun run = push("--json", "--stream", "s", texts(400));

        assertThat(run.status()).isZero();
        assertThat(ingest.texts(STREAM)).isEqualTo(stored(400));
        JsonNode finished = run.last();
        assertThat(finished.path("event").asText()).isEqualTo("finished");
        assertThat(finished.path("acknowledged").asLong()).isEqualTo(400);
        assertThat(finished.path("new").asLong()).isEqualTo(400);
        assertThat(finished.path("trained").asLong()
                        + finished.path("held_out").asLong()
                        + finished.path("quarantined").asLong()
                        + finished.path("dropped").asLong())
                .isEqualTo(400);
        assertThat(finished.path("trained_through").asLong()).isEqualTo(400);
        assertThat(finished.path("revision").asLong()).isEqualTo(4);
    }

    @Test
    void streamOfAFile_isNamedAfterItsNameAndDigest() throws IOException {
        push(texts(1));

        assertThat(ingest.streams.keySet()).containsExactly(ADAPTER + "/streams/my-tickets-e35a32f1");
    }

    @Test
    void secondRun_goesOnWhereTheFirstStopped() throws IOException {
        push("--stream", "s", texts(10));
        ingest.appends.clear();

        CommandLineRun second = push("--json", "--stream", "s", texts(13));

        assertThat(ingest.texts(STREAM)).isEqualTo(stored(13));
        assertThat(second.last().path("acknowledged").asLong()).isEqualTo(13);
        assertThat(second.last().path("new").asLong()).isEqualTo(3);
        assertThat(ingest.appends.get(0).getOffset())
                .as("only the last stored line is offered again")
                .isEqualTo(9);
    }

    @Test
    void otherFileOnTheStream_isRefused() throws IOException {
        push("--stream", "s", texts(10));

        CommandLineRun second = push("--json", "--stream", "s", file("{\"text\": \"a\"}", "{\"text\": \"b\"}"));
        CommandLineRun longer = push("--json", "--stream", "s", reversed(20));

        assertThat(second.last().path("new").asLong()).isZero();
        assertThat(longer.status()).isEqualTo(ExitCode.REFUSED);
        assertThat(longer.last().path("reason").asText()).startsWith("ALREADY_EXISTS");
        assertThat(ingest.texts(STREAM)).isEqualTo(stored(10));
    }

    private String reversed(int count) throws IOException {
        return file(IntStream.range(0, count).mapToObj(i -> text(count - i)).toArray(String[]::new));
    }

    @Test
    void badLine_stopsAfterThoseBeforeItAndNamesItsNumber() throws IOException {
        CommandLineRun run = push("--json", "--stream", "s", file(text(0), "", text(1), "{\"text\": 1}", text(2)));

        assertThat(run.status()).isEqualTo(ExitCode.BAD_DATA);
        assertThat(run.last().path("event").asText()).isEqualTo("failed");
        assertThat(run.last().path("reason").asText()).isEqualTo("line 4: text is 1; it must be a string");
        assertThat(run.err()).contains("error: line 4");
        assertThat(ingest.texts(STREAM)).isEqualTo(stored(2));
    }

    @Test
    void skippedLines_takeNoOffsetsInAnyRun() throws IOException {
        ingest.refuse = example -> example.getText().getText().equals("too long");
        String file = file(text(0), "bad", text(1), "{\"text\": \"too long\"}", text(2));

        CommandLineRun first = push("--json", "--on-error", "skip", "--stream", "s", file);
        CommandLineRun second = push("--json", "--on-error", "skip", "--stream", "s", file);

        assertThat(ingest.texts(STREAM)).isEqualTo(stored(3));
        assertThat(first.status()).isZero();
        assertThat(first.last().path("left_out").asLong()).isEqualTo(2);
        assertThat(first.events("left_out"))
                .extracting(event -> event.path("reason").asText())
                .anyMatch(reason -> reason.startsWith("line 2: is not valid JSON"))
                .contains("line 4: content.text: is too long");
        assertThat(second.last().path("acknowledged").asLong()).isEqualTo(3);
        assertThat(second.last().path("new").asLong()).isZero();
    }

    @Test
    void lineThatTheServerRefuses_stopsByDefault() throws IOException {
        ingest.refuse = example -> example.getText().getText().equals("text 3");

        CommandLineRun run = push("--json", "--stream", "s", texts(6));

        assertThat(run.status()).isEqualTo(ExitCode.BAD_DATA);
        assertThat(run.last().path("reason").asText()).isEqualTo("line 4: content.text: is too long");
    }

    @Test
    void serverKilledAndStartedAgain_losesAndDoublesNothing() throws IOException {
        for (int i = 0; i < 5; i++) {
            ingest.next.add((append, connection) -> false);
        }
        ingest.next.add((append, connection) -> {
            connection.storeAndFallSilent(append);
            new Thread(server::restart).start();
            return true;
        });

        CommandLineRun run = push("--json", "--stream", "s", texts(5000));

        assertThat(run.status()).isZero();
        assertThat(ingest.texts(STREAM)).isEqualTo(stored(5000));
        assertThat(run.events("reconnecting")).isNotEmpty();
    }

    @Test
    void waitTrained_waitsUntilAllIsSettled() throws IOException {
        ingest.settled = 0;
        ingest.onStatus = () -> ingest.settled = 20;

        CommandLineRun run = push("--json", "--wait-trained", "--stream", "s", texts(20));

        assertThat(run.last().path("trained_through").asLong()).isEqualTo(20);
        assertThat(run.last().path("revision").isNull()).as("none yet").isTrue();
    }

    @Test
    void stdin_needsAStream() {
        CommandLineRun run = push("--json", "-");

        assertThat(run.status()).isEqualTo(ExitCode.USAGE);
        assertThat(run.err()).contains("stdin needs --stream");
        assertThat(run.last().path("event").asText()).isEqualTo("failed");
    }

    @Test
    void stdin_isPushed() {
        InputStream before = System.in;
        System.setIn(new ByteArrayInputStream(text(0).getBytes(StandardCharsets.UTF_8)));
        try {
            assertThat(push("--stream", "s", "-").status()).isZero();
        } finally {
            System.setIn(before);
        }
        assertThat(ingest.texts(STREAM)).isEqualTo(stored(1));
    }

    @Test
    void create_createsTheAdapterOnce() throws IOException {
        adapters.adapters.clear();
        Path config = Files.writeString(directory.resolve("config.json"), "{\"rank\": 4}");

        assertThat(push("--create", "--config", config.toString(), texts(1)).status())
                .isZero();
        assertThat(push("--create", texts(1)).status()).isZero();
        assertThat(adapters.adapters.get(ADAPTER))
                .isNotNull()
                .satisfies(adapter -> assertThat(adapter.getConfigJson()).isEqualTo("{\"rank\": 4}"));
    }

    @Test
    void unknownAdapter_isRefused() throws IOException {
        adapters.adapters.clear();

        CommandLineRun run = push("--json", texts(1));

        assertThat(run.status()).isEqualTo(ExitCode.REFUSED);
        assertThat(run.last().path("reason").asText()).startsWith("NOT_FOUND");
    }

    @Test
    void missingFile_isToldByName() {
        CommandLineRun run = push("nowhere.jsonl");

        assertThat(run.status()).isEqualTo(ExitCode.INPUT_OUTPUT);
        assertThat(run.err()).isEqualToIgnoringNewLines("error: no such file: nowhere.jsonl");
    }

    @Test
    void absentServer_isUnavailable() throws IOException {
        server.close();

        CommandLineRun run = push(texts(1));

        assertThat(run.status()).isEqualTo(ExitCode.UNAVAILABLE);
        assertThat(run.err()).contains("Connection refused");
    }

    @Test
    void withoutJson_aPersonReadsTheResult() throws IOException {
        CommandLineRun run = push("--stream", "s", texts(20));

        assertThat(run.out())
                .isEqualToIgnoringNewLines(
                        "20 examples acknowledged, 20 of them new; 19 trained, 1 held out, 0 quarantined, 0 dropped; no revision yet");
    }

    @Test
    void help_teaches() {
        CommandLineRun run = CommandLineRun.of(new PushCommand(), "--help");

        assertThat(run.out())
                .contains("Examples:", "tail -f answers.jsonl", "Exit status:", "bad data", "\"messages\"");
    }
}
