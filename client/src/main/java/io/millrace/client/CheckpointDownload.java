package io.millrace.client;

import io.grpc.Status.Code;
import io.millrace.v1.CheckpointServiceGrpc;
import io.millrace.v1.ReadArtifactRequest;
import java.nio.file.Path;
import java.util.regex.Pattern;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.util.retry.Retry;

/** Fetches the files of one revision, each until its digest is right, then swaps their folder in. */
final class CheckpointDownload {
    /** A path in a file's name must not lead out of the folder. */
    private static final Pattern PLAIN_FILE_NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]*");

    private static final int DIGEST_RETRIES = 2;
    private static final int FILES_AT_ONCE = 4;

    /** Of 256 KiB, of each file: so that a thread that is slow to wake keeps the others waiting less. */
    private static final int CHUNKS_AHEAD = 8;

    /** A file is forced to disk each time so many more are written: the last 2 MiB are what is left for the end. */
    private static final int CHUNKS_FORCED = 8;

    private final Transport transport;
    private final Checkpoint checkpoint;
    private final RevisionFolder folder;
    private final Scheduler disk = Schedulers.boundedElastic();

    CheckpointDownload(Transport transport, Checkpoint checkpoint, Path directory) {
        this.transport = transport;
        this.checkpoint = checkpoint;
        this.folder = new RevisionFolder(directory, checkpoint.revision());
    }

    Mono<Path> run() {
        return Mono.fromCallable(() -> {
                    checkpoint.files().forEach(this::requirePlainName);
                    return folder.holds(checkpoint.files());
                })
                .flatMap(there -> there ? Mono.<Path>empty() : fetchAll().then(Mono.<Path>empty()))
                .then(Mono.fromCallable(folder::makeLatest))
                .subscribeOn(disk);
    }

    private Mono<Path> fetchAll() {
        return Mono.fromCallable(() -> folder.prepare(checkpoint.files()))
                .thenMany(Flux.fromIterable(checkpoint.files()))
                .flatMap(this::fetch, FILES_AT_ONCE)
                .then(sync())
                .then(Mono.fromCallable(folder::swapIn));
    }

    /** Side by side, so that a file system's journal is written once for all. */
    private Mono<Void> sync() {
        return Flux.fromIterable(folder.filled(checkpoint.files()))
                .flatMap(path ->
                        Mono.fromCallable(() -> RevisionFolder.force(path)).subscribeOn(disk))
                .then();
    }

    private Mono<Void> fetch(ArtifactFile file) {
        return Mono.using(
                        () -> ArtifactWriter.open(file, folder.partial().resolve(file.name())),
                        writer -> rest(file, writer)
                                .then(Mono.<Void>fromRunnable(writer::verify))
                                .doOnError(ArtifactWriter::isMismatch, failure -> writer.discard()),
                        ArtifactWriter::close)
                .subscribeOn(disk)
                .retryWhen(Reconnection.retry(transport))
                .retryWhen(Retry.max(DIGEST_RETRIES)
                        .filter(ArtifactWriter::isMismatch)
                        .onRetryExhaustedThrow((retries, last) -> last.failure()));
    }

    /** Digested where it arrives, written on another thread, and forced on a third while the rest is on its way. */
    private Mono<Void> rest(ArtifactFile file, ArtifactWriter writer) {
        if (writer.isFull()) {
            return Mono.empty();
        }
        return transport
                .calls()
                .serverStream(
                        CheckpointServiceGrpc.getReadArtifactMethod(),
                        ReadArtifactRequest.newBuilder()
                                .setSha256(file.sha256())
                                .setOffset(writer.position())
                                .build())
                .doOnNext(writer::accept)
                .publishOn(disk, CHUNKS_AHEAD)
                .doOnNext(writer::write)
                .index()
                .filter(numbered -> numbered.getT1() % CHUNKS_FORCED == CHUNKS_FORCED - 1)
                .flatMap(full -> Mono.fromRunnable(writer::force).subscribeOn(disk), 1)
                .then();
    }

    private void requirePlainName(ArtifactFile file) {
        if (!PLAIN_FILE_NAME.matcher(file.name()).matches()) {
            throw MillraceException.of(
                    Code.INTERNAL,
                    "%s has a file named \"%s\", which is not a plain file name; it is not written"
                            .formatted(checkpoint.name(), file.name()));
        }
    }
}
