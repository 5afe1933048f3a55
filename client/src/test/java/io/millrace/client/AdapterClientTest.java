package io.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status.Code;
import io.millrace.v1.UploadedFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.test.StepVerifier;

class AdapterClientTest {
    private static final String NAME = "tenants/t/adapters/a";

    private final FakeAdapters service = new FakeAdapters();
    private final FakeServer server = new FakeServer(service);
    private final AdapterClient adapters = MillraceClient.over(server.channel()).adapters();

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void createdAdapter_isReturned() {
        StepVerifier.create(adapters.create(NAME, "{\"rank\": 8}"))
                .expectNextMatches(adapter -> adapter.name().equals(NAME)
                        && adapter.configJson().equals("{\"rank\": 8}")
                        && adapter.state() == Adapter.State.ACTIVE)
                .verifyComplete();
    }

    @Test
    void peftFolder_isUploaded(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("adapter_config.json"), "{}");
        Files.writeString(folder.resolve("adapter_model.safetensors"), "weights");

        adapters.create(NAME, "", folder).block();

        assertThat(service.creations.get(0).getStartFromList())
                .extracting(UploadedFile::getName)
                .containsExactly("adapter_config.json", "adapter_model.safetensors");
    }

    @Test
    void folderWithoutWeights_isRefusedNamingTheFile(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("adapter_config.json"), "{}");

        assertThatThrownBy(() -> adapters.create(NAME, "", folder).block())
                .hasMessageContaining("has no adapter_model.safetensors");
    }

    @Test
    void list_goesThroughAllPages() {
        for (String id : List.of("a", "b", "c", "d", "e")) {
            adapters.create("tenants/t/adapters/" + id, "").block();
        }

        StepVerifier.create(adapters.list().map(Adapter::name).map(name -> name.substring(name.length() - 1)))
                .expectNext("a", "b", "c", "d", "e")
                .verifyComplete();
    }

    @Test
    void stateChanges_areReturned() {
        adapters.create(NAME, "").block();

        StepVerifier.create(adapters.pause(NAME, "audit"))
                .expectNextMatches(adapter -> adapter.state() == Adapter.State.PAUSED
                        && adapter.stateReason().equals("audit"))
                .verifyComplete();
        StepVerifier.create(adapters.update(NAME, "{\"rank\": 4}"))
                .expectNextMatches(adapter -> adapter.configJson().equals("{\"rank\": 4}")
                        && adapter.activity().equals("searching"))
                .verifyComplete();
        StepVerifier.create(adapters.resume(NAME))
                .expectNextMatches(adapter -> adapter.state() == Adapter.State.ACTIVE)
                .verifyComplete();
        StepVerifier.create(adapters.rollback(NAME, 3))
                .expectNextMatches(adapter -> adapter.revision() == 103)
                .verifyComplete();
        StepVerifier.create(adapters.delete(NAME)).verifyComplete();
        assertThat(service.adapters).isEmpty();
    }

    @Test
    void refusal_carriesCodeReasonAndMetadata() {
        assertThatThrownBy(() -> adapters.get(NAME).block())
                .isInstanceOfSatisfying(MillraceException.class, refusal -> {
                    assertThat(refusal.code()).isEqualTo(Code.NOT_FOUND);
                    assertThat(refusal.reason()).isEqualTo("NO_SUCH_ADAPTER");
                    assertThat(refusal.metadata()).isEqualTo(Map.of("adapter", NAME));
                    assertThat(refusal).hasMessage("NOT_FOUND: " + NAME + ": NO_SUCH_ADAPTER");
                });
    }

    @Test
    void badAddress_isRefusedAtOnce() {
        assertThatThrownBy(() -> MillraceClient.connect("localhost"))
                .hasMessage("address is \"localhost\"; expected host:port, such as 127.0.0.1:7070");
    }
}
