package io.millrace.trainer.checkpoint;

import static io.millrace.trainer.log.TestDirectories.ADAPTER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.log.DataDirectory;
import io.millrace.trainer.log.Settler;
import io.millrace.trainer.log.TestDirectories;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;
import reactor.test.StepVerifier;

class RevisionStoreTest {
    private static final int KEPT = 3;

    @TempDir
    Path path;

    private DataDirectory directory;
    private ArtifactStore artifacts;
    private RevisionStore revisions;
    private CommitStore commits;
    private long step;

    @BeforeEach
    void open() throws IOException {
        directory = TestDirectories.openWithAdapter(path);
        artifacts = new ArtifactStore(directory);
        revisions = new RevisionStore(directory, KEPT);
        commits = new CommitStore(
                directory, artifacts, revisions, new Settler(Settler.DEFAULT_RETAINED_BYTES), TestDirectories.CLOCK);
    }

    @AfterEach
    void close() {
        directory.close();
    }

    private void publish(int count) {
        for (int i = 0; i < count; i++) {
            step++;
            try (ArtifactLease weights = TestArtifacts.write(artifacts, "weights " + step)) {
                commits.publish(
                                TestArtifacts.commit(step, weights.artifact()),
                                TestArtifacts.revision(weights.artifact()))
                        .block();
            }
        }
    }

    private static Consumer<RevisionEvent> published(long number) {
        return event -> assertThat(event)
                .isInstanceOfSatisfying(
                        RevisionEvent.Published.class,
                        made -> assertThat(made.revision().number()).isEqualTo(number));
    }

    private Flux<RevisionEvent> watch(StartAt start) {
        return revisions.watch(ADAPTER, start);
    }

    @Test
    void revisions_areNumberedGaplesslyAndTheOldestCompacted() {
        publish(5);

        assertThat(revisions.span(ADAPTER)).contains(new RevisionSpan(3, 5));
        assertThat(revisions.list(ADAPTER, Long.MAX_VALUE, 100))
                .extracting(Revision::number)
                .containsExactly(5L, 4L, 3L);
        assertThat(revisions.list(ADAPTER, 5, 1)).extracting(Revision::number).containsExactly(4L);
        assertThat(revisions.latest(ADAPTER)).map(Revision::number).contains(5L);
        assertThat(revisions.get(ADAPTER, 2)).isEmpty();
        assertThat(TestArtifacts.files(path, "artifacts")).hasSize(KEPT);
    }

    @Test
    void adapterWithoutRevisions_hasAnEmptySpanAndAnUnknownOneNone() {
        assertThat(revisions.span(ADAPTER)).contains(new RevisionSpan(1, 0));
        assertThat(revisions.latest(ADAPTER)).isEmpty();
        assertThat(revisions.span(AdapterName.parse("tenants/t/adapters/b"))).isEmpty();
        assertThatIllegalArgumentException().isThrownBy(() -> revisions.list(ADAPTER, 1, 1001));
    }

    @Test
    void watchFromEarliest_replaysThenGoesOnLive() {
        publish(2);

        StepVerifier.create(watch(new StartAt.Earliest()))
                .assertNext(published(1))
                .assertNext(published(2))
                .then(() -> publish(2))
                .assertNext(published(3))
                .assertNext(published(4))
                .then(directory::close)
                .verifyComplete();
    }

    @Test
    void watchWhoseReadWaits_completesWhenTheDirectoryIsClosed() {
        Scheduler reads = directory.database().reads();
        CountDownLatch never = new CountDownLatch(1);
        for (int i = 0; i < 100; i++) {
            reads.schedule(() -> await(never));
        }

        StepVerifier.create(watch(new StartAt.Earliest()))
                .expectSubscription()
                .then(directory::close)
                .expectComplete()
                .verify(Duration.ofSeconds(30));
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void watchFromLatest_startsWithTheNewest() {
        publish(2);

        StepVerifier.create(watch(new StartAt.Latest()).take(2))
                .assertNext(published(2))
                .then(() -> publish(1))
                .assertNext(published(3))
                .verifyComplete();
    }

    @Test
    void watchFromTheNextRevision_waitsForIt() {
        publish(1);

        StepVerifier.create(watch(new StartAt.At(2)).take(1))
                .expectSubscription()
                .then(() -> publish(1))
                .assertNext(published(2))
                .verifyComplete();
    }

    @Test
    void fault24_watchBelowTheFloor_isToldWhatIsKept() {
        publish(5);

        StepVerifier.create(watch(new StartAt.At(2)))
                .expectNext(new RevisionEvent.Compacted(3, 5))
                .verifyComplete();
    }

    @Test
    void fault25_watchBeyondTheNextRevision_isRefused() {
        publish(1);

        StepVerifier.create(watch(new StartAt.At(3)))
                .expectNext(new RevisionEvent.BeyondLatest(1))
                .verifyComplete();
        assertThatIllegalArgumentException().isThrownBy(() -> new StartAt.At(0));
    }

    @Test
    void watchOfAnUnknownOrDeletedAdapter_ends() {
        StepVerifier.create(revisions.watch(AdapterName.parse("tenants/t/adapters/b"), new StartAt.Latest()))
                .expectNextMatches(event -> event instanceof RevisionEvent.UnknownAdapter)
                .verifyComplete();

        publish(1);
        StepVerifier.create(watch(new StartAt.Latest()))
                .assertNext(published(1))
                .then(() -> {
                    TestDirectories.adapters(directory)
                            .delete(ADAPTER, Optional.empty())
                            .block();
                    TestDirectories.adapters(directory)
                            .create(ADAPTER, "{}", Optional.empty())
                            .block();
                })
                .expectNext(new RevisionEvent.UnknownAdapter(ADAPTER))
                .verifyComplete();
    }

    @Test
    void slowWatcher_readsOnDemandAndIsToldWhatWasCompacted() {
        publish(1);

        StepVerifier.create(watch(new StartAt.Earliest()), 1)
                .assertNext(published(1))
                .then(() -> publish(7))
                .thenRequest(1)
                .expectNext(new RevisionEvent.Lagged(2, 6))
                .thenRequest(1)
                .assertNext(published(6))
                .then(() -> publish(1))
                .thenRequest(10)
                .assertNext(published(7))
                .assertNext(published(8))
                .assertNext(published(9))
                .thenCancel()
                .verify();
    }

    @Test
    void watchersWhilePublishing_eachSeeEveryRevisionOnce() {
        RevisionStore all = new RevisionStore(directory, 100);
        commits = new CommitStore(directory, artifacts, all, new Settler(0), TestDirectories.CLOCK);
        List<Long> expected = LongStream.rangeClosed(1, 30).boxed().toList();
        List<StepVerifier> watchers = Flux.range(0, 10)
                .map(i -> StepVerifier.create(all.watch(ADAPTER, new StartAt.Earliest())
                                .take(30)
                                .map(event -> ((RevisionEvent.Published) event)
                                        .revision()
                                        .number())
                                .collectList())
                        .expectNext(expected)
                        .expectComplete()
                        .verifyLater())
                .collectList()
                .blockOptional()
                .orElseThrow();

        publish(30);

        watchers.forEach(StepVerifier::verify);
    }
}
