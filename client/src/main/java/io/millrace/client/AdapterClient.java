package io.millrace.client;

import io.millrace.client.grpc.GrpcCalls;
import io.millrace.v1.AdapterServiceGrpc;
import io.millrace.v1.CreateAdapterRequest;
import io.millrace.v1.DeleteAdapterRequest;
import io.millrace.v1.GetAdapterRequest;
import io.millrace.v1.ListAdaptersRequest;
import io.millrace.v1.ListAdaptersResponse;
import io.millrace.v1.PauseAdapterRequest;
import io.millrace.v1.ResumeAdapterRequest;
import io.millrace.v1.RollbackAdapterRequest;
import io.millrace.v1.UpdateAdapterRequest;
import java.nio.file.Path;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * A server's adapters. Names are {@code tenants/{t}/adapters/{a}}. What the server refuses ends with
 * {@link MillraceException}.
 */
public final class AdapterClient {
    private final GrpcCalls calls;

    AdapterClient(GrpcCalls calls) {
        this.calls = calls;
    }

    /**
     * Creates an adapter.
     *
     * @param configJson the method and how it is trained, a JSON object as text; empty: all defaults
     */
    public Mono<Adapter> create(String name, String configJson) {
        return create(createRequest(name, configJson).build());
    }

    /**
     * Creates an adapter that starts from a PEFT folder's weights.
     *
     * @param peftFolder holds {@code adapter_config.json} and {@code adapter_model.safetensors}, together at most 64 MiB
     */
    public Mono<Adapter> create(String name, String configJson, Path peftFolder) {
        return Mono.fromCallable(() -> createRequest(name, configJson)
                        .addAllStartFrom(PeftUpload.read(peftFolder))
                        .build())
                .subscribeOn(Schedulers.boundedElastic())
                .flatMap(this::create);
    }

    public Mono<Adapter> get(String name) {
        return calls.unary(
                        AdapterServiceGrpc.getGetAdapterMethod(),
                        GetAdapterRequest.newBuilder().setName(name).build())
                .map(Adapter::of)
                .onErrorMap(MillraceException::of);
    }

    /** All adapters, page by page as they are asked for. */
    public Flux<Adapter> list() {
        return page("").expand(page -> page.getNextPageToken().isEmpty() ? Mono.empty() : page(page.getNextPageToken()))
                .concatMapIterable(ListAdaptersResponse::getAdaptersList, 1)
                .map(Adapter::of)
                .onErrorMap(MillraceException::of);
    }

    /**
     * Changes how it is trained, from the next batch on; what is trained stays as created.
     *
     * @param configJson complete, as {@link #create} takes it: what is absent gets its default
     */
    public Mono<Adapter> update(String name, String configJson) {
        return calls.unary(
                        AdapterServiceGrpc.getUpdateAdapterMethod(),
                        UpdateAdapterRequest.newBuilder()
                                .setAdapter(io.millrace.v1.Adapter.newBuilder()
                                        .setName(name)
                                        .setConfigJson(configJson))
                                .build())
                .map(Adapter::of)
                .onErrorMap(MillraceException::of);
    }

    /** Erases its examples, state and the artifacts that no other adapter shares. */
    public Mono<Void> delete(String name) {
        return calls.unary(
                        AdapterServiceGrpc.getDeleteAdapterMethod(),
                        DeleteAdapterRequest.newBuilder().setName(name).build())
                .onErrorMap(MillraceException::of)
                .then();
    }

    /** Stops training; examples are still taken. */
    public Mono<Adapter> pause(String name, String reason) {
        return calls.unary(
                        AdapterServiceGrpc.getPauseAdapterMethod(),
                        PauseAdapterRequest.newBuilder()
                                .setName(name)
                                .setReason(reason)
                                .build())
                .map(Adapter::of)
                .onErrorMap(MillraceException::of);
    }

    public Mono<Adapter> resume(String name) {
        return calls.unary(
                        AdapterServiceGrpc.getResumeAdapterMethod(),
                        ResumeAdapterRequest.newBuilder().setName(name).build())
                .map(Adapter::of)
                .onErrorMap(MillraceException::of);
    }

    /** Publishes the weights of an older revision as a new one; training goes on from them. */
    public Mono<Adapter> rollback(String name, long revision) {
        return calls.unary(
                        AdapterServiceGrpc.getRollbackAdapterMethod(),
                        RollbackAdapterRequest.newBuilder()
                                .setName(name)
                                .setRevision(revision)
                                .build())
                .map(Adapter::of)
                .onErrorMap(MillraceException::of);
    }

    private Mono<Adapter> create(CreateAdapterRequest request) {
        return calls.unary(AdapterServiceGrpc.getCreateAdapterMethod(), request)
                .map(Adapter::of)
                .onErrorMap(MillraceException::of);
    }

    private static CreateAdapterRequest.Builder createRequest(String name, String configJson) {
        return CreateAdapterRequest.newBuilder()
                .setAdapter(io.millrace.v1.Adapter.newBuilder().setName(name).setConfigJson(configJson));
    }

    private Mono<ListAdaptersResponse> page(String token) {
        return calls.unary(
                AdapterServiceGrpc.getListAdaptersMethod(),
                ListAdaptersRequest.newBuilder().setPageToken(token).build());
    }
}
