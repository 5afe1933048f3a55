package io.millrace.client.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.client.FakeAdapters;
import io.millrace.client.FakeCheckpoints;
import io.millrace.v1.Adapter;
import io.millrace.v1.Checkpoint;
import io.millrace.v1.WatchCheckpointsRequest.Start;
import io.millrace.v1.WatchCheckpointsResponse;
import io.millrace.v1.WatchCheckpointsResponse.Lagged;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WatchCommandTest {
    private static final String ADAPTER = "tenants/t/adapters/a";

    private final FakeCheckpoints service = new FakeCheckpoints();
    private final FakeAdapters adapters = new FakeAdapters();
    private final LoopbackServer server = new LoopbackServer(service, adapters);

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

    private CommandLineRun watch(String... arguments) {
        List<String> all = new ArrayList<>(
                List.of("--server", server.address(), "--adapter", ADAPTER, "--dir", directory.toString()));
        all.addAll(List.of(arguments));
        return CommandLineRun.of(new WatchCommand(), all.toArray(String[]::new));
    }

    @Test
    void checkpoints_areWrittenAndReported() {
        Checkpoint first = service.revision(1);
        service.watchScript.add((request, responses) -> {
            responses.onNext(FakeCheckpoints.event(first));
            responses.onNext(FakeCheckpoints.event(
                    service.revision(2).toBuilder().clearMetrics().build()));
        });

        CommandLineRun run = watch("--json", "--count", "2");

        assertThat(run.status()).isZero();
        List<JsonNode> checkpoints = run.events("checkpoint");
        assertThat(checkpoints).hasSize(2);
        JsonNode one = checkpoints.get(0);
        assertThat(one.path("revision").asLong()).isEqualTo(1);
        assertThat(one.path("dir").asText())
                .isEqualTo(directory.resolve("revision-000001").toString());
        assertThat(one.path("tokens").asLong()).isEqualTo(100);
        assertThat(one.path("holdout_loss").asDouble()).isEqualTo(1);
        assertThat(one.path("sha256").asText()).isEqualTo(first.getFiles(1).getSha256());
        assertThat(checkpoints.get(1).path("holdout_loss").isNull())
                .as("unknown")
                .isTrue();
        assertThat(run.last().toString()).isEqualTo("{\"event\":\"finished\",\"revisions\":2}");
        assertThat(directory.resolve("latest/adapter_model.safetensors")).hasContent("weights of revision 2");
    }

    @Test
    void killedServer_isWatchedAgainWhereItStopped() {
        service.watchScript.add((request, responses) -> {
            responses.onNext(FakeCheckpoints.event(service.revision(1)));
            new Thread(server::restart).start();
        });
        service.watchScript.add((request, responses) -> {
            responses.onNext(FakeCheckpoints.event(service.revision(Math.max(1, request.getRevision()))));
            responses.onNext(FakeCheckpoints.event(service.revision(2)));
        });

        CommandLineRun run = watch("--json", "--from", "earliest", "--count", "2");

        assertThat(run.status()).isZero();
        assertThat(run.events("checkpoint"))
                .extracting(event -> event.path("revision").asLong())
                .containsExactly(1L, 2L);
        assertThat(service.watches.get(0).getFrom()).isEqualTo(Start.START_EARLIEST);
    }

    @Test
    void skippedRevisions_areTold() {
        service.watchScript.add((request, responses) -> {
            responses.onNext(WatchCheckpointsResponse.newBuilder()
                    .setLagged(Lagged.newBuilder().setSkippedFrom(3).setResumedAt(5))
                    .build());
            responses.onNext(FakeCheckpoints.event(service.revision(5)));
        });

        CommandLineRun run = watch("--json", "--from", "3", "--count", "1");

        assertThat(run.events("skipped")).hasToString("[{\"event\":\"skipped\",\"from\":3,\"through\":4}]");
        assertThat(run.err()).contains("revisions 3 to 4");
    }

    @Test
    void withoutJson_aPersonReadsEachRevision() {
        service.watchScript.add((request, responses) -> responses.onNext(FakeCheckpoints.event(service.revision(2))));

        assertThat(watch("--count", "1").out())
                .startsWith("revision 2: 200 tokens trained, holdout loss 0.5000, " + directory);
    }

    @Test
    void unknownStart_isWrongUsage() {
        CommandLineRun run = watch("--json", "--from", "newest");

        assertThat(run.status()).isEqualTo(ExitCode.USAGE);
        assertThat(run.last().path("reason").asText()).contains("--from is \"newest\"");
    }

    @Test
    void unknownAdapter_isRefused() {
        adapters.adapters.clear();

        assertThat(watch().status()).isEqualTo(ExitCode.REFUSED);
    }
}
