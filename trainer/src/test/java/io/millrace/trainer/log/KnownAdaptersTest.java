package io.millrace.trainer.log;

import static io.millrace.trainer.log.TestDirectories.ADAPTER;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.trainer.example.AdapterName;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class KnownAdaptersTest {
    private final KnownAdapters known = new KnownAdapters();
    private final AtomicInteger reads = new AtomicInteger();

    @Test
    void adapter_isReadOnceUntilItChanges() {
        assertThat(known.get(ADAPTER, stored("1-1"))).map(Adapter::etag).contains("1-1");
        assertThat(known.get(ADAPTER, stored("1-2"))).map(Adapter::etag).contains("1-1");
        assertThat(reads).hasValue(1);

        known.forget(ADAPTER);

        assertThat(known.get(ADAPTER, stored("1-2"))).map(Adapter::etag).contains("1-2");
    }

    @Test
    void adapterThatDoesNotExist_isAskedForAgain() {
        assertThat(known.get(ADAPTER, Optional::empty)).isEmpty();

        assertThat(known.get(ADAPTER, stored("1-1"))).isPresent();
    }

    @Test
    void adapterThatChangesWhileItIsRead_isReadAgain() {
        Supplier<Optional<Adapter>> old = stored("1-1");
        assertThat(known.get(ADAPTER, () -> {
                    known.forget(ADAPTER);
                    return old.get();
                }))
                .map(Adapter::etag)
                .contains("1-1");

        assertThat(known.get(ADAPTER, stored("1-2"))).map(Adapter::etag).contains("1-2");
    }

    @Test
    void onlyTheLatest_areKept() {
        for (int i = 0; i < 2_000; i++) {
            AdapterName name = new AdapterName("t", "a" + i);
            known.get(name, stored(name, "1"));
        }

        known.get(new AdapterName("t", "a1999"), stored("2"));
        known.get(new AdapterName("t", "a0"), stored("2"));

        assertThat(reads).hasValue(2_001);
    }

    private Supplier<Optional<Adapter>> stored(String etag) {
        return stored(ADAPTER, etag);
    }

    private Supplier<Optional<Adapter>> stored(AdapterName name, String etag) {
        return () -> {
            reads.incrementAndGet();
            return Optional.of(new Adapter(name, "{}", 7, Optional.empty(), Instant.EPOCH, etag));
        };
    }
}
