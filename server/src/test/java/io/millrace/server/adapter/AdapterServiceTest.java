package io.millrace.server.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import com.google.protobuf.FieldMask;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.millrace.server.Eventually;
import io.millrace.server.ServerSettings;
import io.millrace.server.TinyTrainer;
import io.millrace.server.TrainerServer;
import io.millrace.trainer.pipeline.Base;
import io.millrace.v1.Adapter;
import io.millrace.v1.Adapter.State;
import io.millrace.v1.AdapterServiceGrpc;
import io.millrace.v1.AdapterServiceGrpc.AdapterServiceBlockingStub;
import io.millrace.v1.AppendBatchRequest;
import io.millrace.v1.CreateAdapterRequest;
import io.millrace.v1.DeleteAdapterRequest;
import io.millrace.v1.Example;
import io.millrace.v1.GetAdapterRequest;
import io.millrace.v1.GetStreamRequest;
import io.millrace.v1.IngestServiceGrpc;
import io.millrace.v1.IngestServiceGrpc.IngestServiceBlockingStub;
import io.millrace.v1.ListAdaptersRequest;
import io.millrace.v1.ListAdaptersResponse;
import io.millrace.v1.PauseAdapterRequest;
import io.millrace.v1.PlainText;
import io.millrace.v1.ResumeAdapterRequest;
import io.millrace.v1.RollbackAdapterRequest;
import io.millrace.v1.Stream;
import io.millrace.v1.UpdateAdapterRequest;
import io.millrace.v1.UploadedFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a real trainer. */
class AdapterServiceTest {
    private static final String NAME = "tenants/t/adapters/a";
    private static final String PEFT_CONFIG = "adapter_config.json";
    private static final String PEFT_WEIGHTS = "adapter_model.safetensors";

    private static Base base;

    private final TrainerServer server;
    private final ManagedChannel channel;
    private final AdapterServiceBlockingStub client;

    AdapterServiceTest(@TempDir Path directory) throws IOException {
        server = TrainerServer.start(TinyTrainer.open(directory.resolve("data"), base), ServerSettings.onPort(0));
        channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port(), InsecureChannelCredentials.create())
                .build();
        client = AdapterServiceGrpc.newBlockingStub(channel).withDeadlineAfter(60, TimeUnit.SECONDS);
    }

    @BeforeAll
    static void load() {
        base = TinyTrainer.load();
    }

    @AfterAll
    static void unload() {
        base.close();
    }

    @AfterEach
    void stop() throws InterruptedException {
        channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
        server.close();
    }

    @Test
    void createdAdapter_isActiveWithItsConfigComplete() {
        Adapter created = create(NAME, "{\"rank\": 4}");

        assertThat(created.getName()).isEqualTo(NAME);
        assertThat(created.getState()).isEqualTo(State.STATE_ACTIVE);
        assertThat(created.getRevision()).isZero();
        assertThat(created.getSteps()).isZero();
        assertThat(created.getConfigJson()).contains("\"rank\":4").contains("learning_rate");
        assertThat(created.getEtag()).isNotEmpty();
        assertThat(get(NAME)).isEqualTo(created);
    }

    @Test
    void secondCreation_isRefused_butARepeatedRequestIsNot() {
        CreateAdapterRequest request = request(NAME, "").setRequestId("r1").build();
        Adapter created = client.createAdapter(request);

        assertThat(client.createAdapter(request)).isEqualTo(created);
        assertThat(code(() -> create(NAME, ""))).isEqualTo(Code.ALREADY_EXISTS);
    }

    @Test
    void invalidCreation_isRefusedNamingTheField_andNothingIsCreated() {
        StatusRuntimeException refused = refused(() -> create(NAME, "{\"rank\": -1}"));
        assertThat(refused.getStatus().getCode()).isEqualTo(Code.INVALID_ARGUMENT);
        assertThat(refused.getStatus().getDescription()).contains("rank").contains("-1");
        assertThat(code(() -> create("tenants/../adapters/a", ""))).isEqualTo(Code.INVALID_ARGUMENT);
        assertThat(code(() -> get(NAME))).isEqualTo(Code.NOT_FOUND);
    }

    @Test
    void validateOnly_checksAndCreatesNothing() {
        Adapter checked =
                client.createAdapter(request(NAME, "").setValidateOnly(true).build());

        assertThat(checked.getConfigJson()).contains("rank");
        assertThat(code(() -> get(NAME))).isEqualTo(Code.NOT_FOUND);
    }

    @Test
    void adapterStartedFromAPeftFolder_hasItAsRevisionOne_andCanBeRolledBackToIt() throws IOException {
        CreateAdapterRequest.Builder request = request(NAME, "")
                .addStartFrom(file(PEFT_CONFIG, read(PEFT_CONFIG)))
                .addStartFrom(file(PEFT_WEIGHTS, read(PEFT_WEIGHTS)));
        assertThat(client.createAdapter(request.build()).getRevision()).isEqualTo(1);

        Adapter rolledBack = client.rollbackAdapter(
                RollbackAdapterRequest.newBuilder().setName(NAME).setRevision(1).build());

        assertThat(rolledBack.getRevision()).isEqualTo(2);
        assertThat(code(() -> client.rollbackAdapter(RollbackAdapterRequest.newBuilder()
                        .setName(NAME)
                        .setRevision(9)
                        .build())))
                .isEqualTo(Code.NOT_FOUND);
    }

    @Test
    void uploadThatIsNoPeftFolder_isRefused() {
        CreateAdapterRequest request = request(NAME, "")
                .addStartFrom(file(PEFT_CONFIG, new byte[] {'{', '}'}))
                .build();
        assertThat(code(() -> client.createAdapter(request))).isEqualTo(Code.INVALID_ARGUMENT);
    }

    @Test
    void uploadOfMoreThanOrdinaryMessagesTake_isRead() {
        CreateAdapterRequest request = request(NAME, "")
                .addStartFrom(file(PEFT_CONFIG, new byte[8 << 20]))
                .build();
        assertThat(code(() -> client.createAdapter(request))).isEqualTo(Code.INVALID_ARGUMENT);
    }

    @Test
    void update_changesHowItIsTrained_unlessSomebodyElseDid() {
        Adapter created = create(NAME, "");
        UpdateAdapterRequest.Builder update = UpdateAdapterRequest.newBuilder()
                .setAdapter(Adapter.newBuilder()
                        .setName(NAME)
                        .setConfigJson("{\"batch_sequences\": 4}")
                        .setEtag(created.getEtag()));

        Adapter updated = client.updateAdapter(update.build());

        assertThat(updated.getConfigJson()).contains("\"batch_sequences\":4");
        assertThat(updated.getEtag()).isNotEqualTo(created.getEtag());
        assertThat(code(() -> client.updateAdapter(update.build()))).isEqualTo(Code.ABORTED);
        update.getAdapterBuilder().clearEtag().setConfigJson("{\"batch_sequences\": 0}");
        assertThat(code(() -> client.updateAdapter(update.build()))).isEqualTo(Code.INVALID_ARGUMENT);
        update.setUpdateMask(FieldMask.newBuilder().addPaths("state"));
        assertThat(code(() -> client.updateAdapter(update.build()))).isEqualTo(Code.INVALID_ARGUMENT);
    }

    @Test
    void pausedAdapter_saysWhy_andResumes() {
        create(NAME, "");

        Adapter paused = client.pauseAdapter(PauseAdapterRequest.newBuilder()
                .setName(NAME)
                .setReason("budget")
                .build());
        assertThat(paused.getState()).isEqualTo(State.STATE_PAUSED);
        assertThat(paused.getStateReason()).isEqualTo("budget");

        Adapter resumed = client.resumeAdapter(
                ResumeAdapterRequest.newBuilder().setName(NAME).build());
        assertThat(resumed.getState()).isEqualTo(State.STATE_ACTIVE);
        assertThat(resumed.getStateReason()).isEmpty();
    }

    @Test
    void fault11_adapterThatSpoilsEveryBatch_isPausedSayingWhy_andTheExamplesAreQuarantined() throws IOException {
        client.createAdapter(request(NAME, "{\"holdout_share\": 0}")
                .addStartFrom(file(PEFT_CONFIG, read(PEFT_CONFIG)))
                .addStartFrom(file(PEFT_WEIGHTS, withHugeWeights(read(PEFT_WEIGHTS))))
                .build());
        IngestServiceBlockingStub ingest = IngestServiceGrpc.newBlockingStub(channel);
        AppendBatchRequest.Builder append = AppendBatchRequest.newBuilder().setStream(NAME + "/streams/s");
        for (int i = 0; i < 24; i++) {
            append.addExamples(
                    Example.newBuilder().setText(PlainText.newBuilder().setText("This is number " + i)));
        }
        ingest.appendBatch(append.build());

        assertThat(Eventually.within(Duration.ofMinutes(1), () -> get(NAME).getState() == State.STATE_PAUSED))
                .isTrue();

        assertThat(get(NAME).getStateReason()).contains("3 batches in a row");
        assertThat(get(NAME).getSteps()).isZero();
        Stream stream = ingest.getStream(
                GetStreamRequest.newBuilder().setName(append.getStream()).build());
        assertThat(stream.getTrainedThrough()).isEqualTo(24);
        assertThat(stream.getQuarantined()).isEqualTo(24);
    }

    @Test
    void deletedAdapter_isGone() {
        Adapter created = create(NAME, "");
        DeleteAdapterRequest.Builder delete = DeleteAdapterRequest.newBuilder().setName(NAME);
        assertThat(code(() -> client.deleteAdapter(delete.setEtag("other").build())))
                .isEqualTo(Code.ABORTED);
        client.deleteAdapter(delete.setValidateOnly(true).clearEtag().build());
        assertThat(get(NAME)).isEqualTo(created);

        client.deleteAdapter(
                delete.setValidateOnly(false).setEtag(created.getEtag()).build());

        assertThat(code(() -> get(NAME))).isEqualTo(Code.NOT_FOUND);
        assertThat(code(() -> client.deleteAdapter(delete.build()))).isEqualTo(Code.NOT_FOUND);
    }

    @Test
    void list_isPagedInOrder_andBoundToATenantIfAsked() {
        create("tenants/u/adapters/c", "");
        create("tenants/t/adapters/b", "");
        create(NAME, "");

        ListAdaptersResponse first = client.listAdapters(
                ListAdaptersRequest.newBuilder().setPageSize(2).build());
        assertThat(first.getAdaptersList()).extracting(Adapter::getName).containsExactly(NAME, "tenants/t/adapters/b");
        ListAdaptersResponse second = client.listAdapters(ListAdaptersRequest.newBuilder()
                .setPageSize(2)
                .setPageToken(first.getNextPageToken())
                .build());
        assertThat(second.getAdaptersList()).extracting(Adapter::getName).containsExactly("tenants/u/adapters/c");
        assertThat(second.getNextPageToken()).isEmpty();
        assertThat(client.listAdapters(ListAdaptersRequest.newBuilder()
                                .setParent("tenants/u")
                                .build())
                        .getAdaptersCount())
                .isEqualTo(1);
        assertThat(code(() -> client.listAdapters(
                        ListAdaptersRequest.newBuilder().setParent("everyone").build())))
                .isEqualTo(Code.INVALID_ARGUMENT);
    }

    private static UploadedFile file(String name, byte[] content) {
        return UploadedFile.newBuilder()
                .setName(name)
                .setData(ByteString.copyFrom(content))
                .build();
    }

    private static byte[] read(String peftFile) throws IOException {
        return Files.readAllBytes(
                TinyTrainer.reference().resolve("tiny-llama/adapters/lora").resolve(peftFile));
    }

    /** Finite, but what is computed with them is not. */
    private static byte[] withHugeWeights(byte[] safetensors) {
        ByteBuffer file = ByteBuffer.wrap(safetensors).order(ByteOrder.LITTLE_ENDIAN);
        file.position(Long.BYTES + (int) file.getLong(0));
        while (file.hasRemaining()) {
            file.putFloat(1e30f);
        }
        return safetensors;
    }

    private Adapter create(String name, String config) {
        return client.createAdapter(request(name, config).build());
    }

    private static CreateAdapterRequest.Builder request(String name, String config) {
        return CreateAdapterRequest.newBuilder()
                .setAdapter(Adapter.newBuilder().setName(name).setConfigJson(config));
    }

    private Adapter get(String name) {
        return client.getAdapter(GetAdapterRequest.newBuilder().setName(name).build());
    }

    private static StatusRuntimeException refused(Runnable call) {
        return catchThrowableOfType(StatusRuntimeException.class, call::run);
    }

    private static Code code(Runnable call) {
        return refused(call).getStatus().getCode();
    }
}
