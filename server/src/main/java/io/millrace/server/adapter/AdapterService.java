package io.millrace.server.adapter;

import com.google.protobuf.Empty;
import io.grpc.Status.Code;
import io.grpc.stub.StreamObserver;
import io.millrace.server.api.ApiErrors;
import io.millrace.server.api.Pages;
import io.millrace.server.api.ResourceNames;
import io.millrace.server.grpc.Failures;
import io.millrace.server.grpc.ReactiveCalls;
import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.log.AdapterPage;
import io.millrace.trainer.log.ChangeOutcome;
import io.millrace.trainer.log.StorageException;
import io.millrace.trainer.pipeline.Creation;
import io.millrace.trainer.pipeline.OnlineTrainer;
import io.millrace.trainer.pipeline.Rollback;
import io.millrace.v1.Adapter;
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
import io.millrace.v1.UploadedFile;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** The adapters of the server. The API's comments are its contract. */
public final class AdapterService extends AdapterServiceGrpc.AdapterServiceImplBase {
    private static final Pattern TENANT = Pattern.compile("tenants/([a-z0-9][a-z0-9_-]{0,62})");
    private static final String CONFIG_FIELD = "config_json";

    private final OnlineTrainer trainer;
    private final AdapterView view;
    private final Scheduler blocking;

    /** @param blocking where the stores are read */
    public AdapterService(OnlineTrainer trainer, Scheduler blocking) {
        this.trainer = trainer;
        this.view = new AdapterView(trainer);
        this.blocking = blocking;
    }

    @Override
    public void createAdapter(CreateAdapterRequest request, StreamObserver<Adapter> observer) {
        respond(observer, Mono.defer(() -> create(request)));
    }

    private Mono<Adapter> create(CreateAdapterRequest request) {
        AdapterName name =
                ResourceNames.adapter("adapter.name", request.getAdapter().getName());
        Map<String, byte[]> files = new HashMap<>();
        for (UploadedFile file : request.getStartFromList()) {
            files.put(file.getName(), file.getData().toByteArray());
        }
        return trainer.create(
                        name,
                        request.getAdapter().getConfigJson(),
                        files,
                        nonEmpty(request.getRequestId()),
                        request.getValidateOnly())
                .publishOn(blocking)
                .map(creation -> created(name, creation));
    }

    private Adapter created(AdapterName name, Creation creation) {
        if (creation instanceof Creation.Done done) {
            return view.of(done.adapter());
        }
        if (creation instanceof Creation.Valid valid) {
            return Adapter.newBuilder()
                    .setName(name.toString())
                    .setConfigJson(valid.config())
                    .build();
        }
        if (creation instanceof Creation.Exists) {
            throw Failures.failure(
                    Code.ALREADY_EXISTS,
                    "ADAPTER_EXISTS",
                    name + " exists already; use it, delete it, or take another name");
        }
        throw ApiErrors.invalid("adapter.config_json", ((Creation.Invalid) creation).reason());
    }

    @Override
    public void getAdapter(GetAdapterRequest request, StreamObserver<Adapter> observer) {
        respond(observer, read(() -> {
            AdapterName name = ResourceNames.adapter("name", request.getName());
            return trainer.adapters().get(name).map(view::of).orElseThrow(() -> ApiErrors.noSuchAdapter(name));
        }));
    }

    @Override
    public void listAdapters(ListAdaptersRequest request, StreamObserver<ListAdaptersResponse> observer) {
        respond(observer, read(() -> list(request)));
    }

    private ListAdaptersResponse list(ListAdaptersRequest request) {
        AdapterPage page = trainer.adapters()
                .list(
                        nonEmpty(request.getParent()).map(AdapterService::tenant),
                        nonEmpty(request.getPageToken()).map(token -> ResourceNames.adapter("page_token", token)),
                        Pages.size(request.getPageSize()));
        ListAdaptersResponse.Builder response = ListAdaptersResponse.newBuilder();
        page.adapters().forEach(adapter -> response.addAdapters(view.of(adapter)));
        page.next().ifPresent(next -> response.setNextPageToken(next.toString()));
        return response.build();
    }

    private static String tenant(String parent) {
        var matcher = TENANT.matcher(parent);
        if (!matcher.matches()) {
            throw ApiErrors.invalid("parent", "parent is \"%s\"; expected tenants/{tenant}".formatted(parent));
        }
        return matcher.group(1);
    }

    @Override
    public void updateAdapter(UpdateAdapterRequest request, StreamObserver<Adapter> observer) {
        respond(observer, Mono.defer(() -> update(request)));
    }

    private Mono<Adapter> update(UpdateAdapterRequest request) {
        for (String path : request.getUpdateMask().getPathsList()) {
            if (!path.equals(CONFIG_FIELD)) {
                throw ApiErrors.invalid(
                        "update_mask", "update_mask has \"%s\"; only config_json can be changed".formatted(path));
            }
        }
        Adapter wish = request.getAdapter();
        return changed(trainer.update(
                        ResourceNames.adapter("adapter.name", wish.getName()),
                        wish.getConfigJson(),
                        nonEmpty(wish.getEtag()),
                        request.getValidateOnly())
                .onErrorMap(
                        IllegalArgumentException.class,
                        refused -> ApiErrors.invalid("adapter.config_json", String.valueOf(refused.getMessage()))));
    }

    @Override
    public void deleteAdapter(DeleteAdapterRequest request, StreamObserver<Empty> observer) {
        respond(observer, Mono.defer(() -> {
            AdapterName name = ResourceNames.adapter("name", request.getName());
            Optional<String> etag = nonEmpty(request.getEtag());
            Mono<Adapter> outcome =
                    request.getValidateOnly() ? read(() -> deletable(name, etag)) : changed(trainer.delete(name, etag));
            return outcome.thenReturn(Empty.getDefaultInstance());
        }));
    }

    private Adapter deletable(AdapterName name, Optional<String> etag) {
        var adapter = trainer.adapters().get(name).orElseThrow(() -> ApiErrors.noSuchAdapter(name));
        if (etag.isPresent() && !etag.get().equals(adapter.etag())) {
            throw otherEtag(adapter.etag());
        }
        return view.of(adapter);
    }

    @Override
    public void pauseAdapter(PauseAdapterRequest request, StreamObserver<Adapter> observer) {
        String reason = request.getReason().isEmpty() ? "asked for" : request.getReason();
        respond(
                observer,
                Mono.defer(() -> changed(trainer.pause(ResourceNames.adapter("name", request.getName()), reason))));
    }

    @Override
    public void resumeAdapter(ResumeAdapterRequest request, StreamObserver<Adapter> observer) {
        respond(observer, Mono.defer(() -> changed(trainer.resume(ResourceNames.adapter("name", request.getName())))));
    }

    @Override
    public void rollbackAdapter(RollbackAdapterRequest request, StreamObserver<Adapter> observer) {
        respond(observer, Mono.defer(() -> {
            AdapterName name = ResourceNames.adapter("name", request.getName());
            return trainer.rollback(name, request.getRevision())
                    .publishOn(blocking)
                    .map(outcome -> rolledBack(name, outcome));
        }));
    }

    private Adapter rolledBack(AdapterName name, Rollback outcome) {
        if (outcome instanceof Rollback.UnknownRevision unknown) {
            throw ApiErrors.notFound(
                    "NO_SUCH_CHECKPOINT",
                    "revision %d can't be gone back to; %s has revisions %d to %d"
                            .formatted(unknown.revision(), name, unknown.floor(), unknown.latest()));
        }
        return trainer.adapters().get(name).map(view::of).orElseThrow(() -> ApiErrors.noSuchAdapter(name));
    }

    private Mono<Adapter> changed(Mono<ChangeOutcome> change) {
        return change.publishOn(blocking).map(outcome -> {
            if (outcome instanceof ChangeOutcome.Changed changed) {
                return view.of(changed.adapter());
            }
            if (outcome instanceof ChangeOutcome.OtherEtag other) {
                throw otherEtag(other.current().etag());
            }
            throw ApiErrors.noSuchAdapter(((ChangeOutcome.UnknownAdapter) outcome).name());
        });
    }

    private static RuntimeException otherEtag(String current) {
        return Failures.failure(
                Code.ABORTED,
                "ETAG_MISMATCH",
                "the adapter was changed in between, its etag is %s now".formatted(current));
    }

    private static Optional<String> nonEmpty(String text) {
        return text.isEmpty() ? Optional.empty() : Optional.of(text);
    }

    private <T> Mono<T> read(Callable<T> reading) {
        return Mono.fromCallable(reading).subscribeOn(blocking);
    }

    private static <T> void respond(StreamObserver<T> observer, Mono<T> response) {
        ReactiveCalls.respond(observer, response.onErrorMap(StorageException.class, ApiErrors::unavailable));
    }
}
