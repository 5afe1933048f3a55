package io.millrace.server.checkpoint;

import io.grpc.stub.StreamObserver;
import io.millrace.server.api.ApiErrors;
import io.millrace.server.api.Pages;
import io.millrace.server.api.ResourceNames;
import io.millrace.server.grpc.Drain;
import io.millrace.server.grpc.ReactiveCalls;
import io.millrace.trainer.checkpoint.ArtifactStore;
import io.millrace.trainer.checkpoint.Revision;
import io.millrace.trainer.checkpoint.RevisionStore;
import io.millrace.trainer.checkpoint.StartAt;
import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.log.StorageException;
import io.millrace.v1.Checkpoint;
import io.millrace.v1.CheckpointServiceGrpc;
import io.millrace.v1.GetCheckpointRequest;
import io.millrace.v1.ListCheckpointsRequest;
import io.millrace.v1.ListCheckpointsResponse;
import io.millrace.v1.ReadArtifactRequest;
import io.millrace.v1.ReadArtifactResponse;
import io.millrace.v1.WatchCheckpointsRequest;
import io.millrace.v1.WatchCheckpointsResponse;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** Hands out published revisions and their files. The API's comments are its contract. */
public final class CheckpointService extends CheckpointServiceGrpc.CheckpointServiceImplBase {
    private static final Duration PROGRESS_PERIOD = Duration.ofSeconds(15);
    private static final Pattern NAME = Pattern.compile("(.+)/checkpoints/(latest|[1-9][0-9]{0,17})");

    private final RevisionStore revisions;
    private final ArtifactChunks artifacts;
    private final Scheduler blocking;
    private final Drain drain;

    /** @param blocking where the stores are read */
    public CheckpointService(RevisionStore revisions, ArtifactStore artifacts, Scheduler blocking, Drain drain) {
        this.revisions = revisions;
        this.artifacts = new ArtifactChunks(artifacts, blocking);
        this.blocking = blocking;
        this.drain = drain;
    }

    @Override
    public void watchCheckpoints(WatchCheckpointsRequest request, StreamObserver<WatchCheckpointsResponse> observer) {
        respond(observer, Flux.defer(() -> watch(request)));
    }

    private Flux<WatchCheckpointsResponse> watch(WatchCheckpointsRequest request) {
        AdapterName adapter = ResourceNames.adapter("adapter", request.getAdapter());
        StartAt start = start(request);
        long before = start instanceof StartAt.At at ? at.revision() - 1 : 0;
        return new CheckpointWatch(drain, PROGRESS_PERIOD, before).responses(revisions.watch(adapter, start));
    }

    private static StartAt start(WatchCheckpointsRequest request) {
        return switch (request.getStartCase()) {
            case START_NOT_SET -> new StartAt.Latest();
            case REVISION -> {
                if (request.getRevision() < 1) {
                    throw ApiErrors.invalid(
                            "revision", "revision is %d; revisions start at 1".formatted(request.getRevision()));
                }
                yield new StartAt.At(request.getRevision());
            }
            case FROM ->
                switch (request.getFrom()) {
                    case START_LATEST -> new StartAt.Latest();
                    case START_EARLIEST -> new StartAt.Earliest();
                    case START_UNSPECIFIED, UNRECOGNIZED ->
                        throw ApiErrors.invalid(
                                "from",
                                "from is %d; use START_LATEST or START_EARLIEST".formatted(request.getFromValue()));
                };
        };
    }

    @Override
    public void getCheckpoint(GetCheckpointRequest request, StreamObserver<Checkpoint> observer) {
        respond(observer, read(() -> get(request.getName())));
    }

    private Checkpoint get(String name) {
        Matcher matcher = NAME.matcher(name);
        if (!matcher.matches()) {
            throw ApiErrors.invalid(
                    "name",
                    "name is \"%s\"; expected tenants/{tenant}/adapters/{adapter}/checkpoints/{revision or latest}"
                            .formatted(name));
        }
        AdapterName adapter = ResourceNames.adapter("name", matcher.group(1));
        Optional<Revision> revision = matcher.group(2).equals("latest")
                ? revisions.latest(adapter)
                : revisions.get(adapter, Long.parseLong(matcher.group(2)));
        return revision.map(CheckpointView::of)
                .orElseThrow(() -> ApiErrors.notFound(
                        "NO_SUCH_CHECKPOINT", name + " does not exist: it is not published yet, or not kept any more"));
    }

    @Override
    public void listCheckpoints(ListCheckpointsRequest request, StreamObserver<ListCheckpointsResponse> observer) {
        respond(observer, read(() -> list(request)));
    }

    private ListCheckpointsResponse list(ListCheckpointsRequest request) {
        AdapterName adapter = ResourceNames.adapter("adapter", request.getAdapter());
        if (revisions.span(adapter).isEmpty()) {
            throw ApiErrors.noSuchAdapter(adapter);
        }
        int size = Pages.size(request.getPageSize());
        List<Revision> page = revisions.list(adapter, before(request.getPageToken()), size);
        ListCheckpointsResponse.Builder response = ListCheckpointsResponse.newBuilder();
        page.forEach(revision -> response.addCheckpoints(CheckpointView.of(revision)));
        if (page.size() == size && page.get(size - 1).number() > 1) {
            response.setNextPageToken(Long.toString(page.get(size - 1).number()));
        }
        return response.build();
    }

    /** A page token is the number of the last revision on the page before. */
    private static long before(String pageToken) {
        if (pageToken.isEmpty()) {
            return Long.MAX_VALUE;
        }
        try {
            return Long.parseLong(pageToken);
        } catch (NumberFormatException e) {
            throw ApiErrors.invalid(
                    "page_token",
                    "page_token is \"%s\"; use the next_page_token of the page before".formatted(pageToken));
        }
    }

    @Override
    public void readArtifact(ReadArtifactRequest request, StreamObserver<ReadArtifactResponse> observer) {
        respond(observer, artifacts.read(request));
    }

    private <T> Mono<T> read(Callable<T> reading) {
        return Mono.fromCallable(reading).subscribeOn(blocking);
    }

    private static <T> void respond(StreamObserver<T> observer, Publisher<T> responses) {
        ReactiveCalls.respond(
                observer, Flux.from(responses).onErrorMap(StorageException.class, ApiErrors::unavailable));
    }
}
