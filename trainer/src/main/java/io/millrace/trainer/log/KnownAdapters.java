package io.millrace.trainer.log;

import io.millrace.trainer.example.AdapterName;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** The adapters asked for lately, as they are stored; an adapter is forgotten when it changes. */
final class KnownAdapters {
    private static final int MOST = 1_024;

    private final Map<AdapterName, Adapter> known = new LinkedHashMap<>(16, 0.75f, true);
    private long changes;

    Optional<Adapter> get(AdapterName name, Supplier<Optional<Adapter>> stored) {
        long before;
        synchronized (this) {
            Adapter adapter = known.get(name);
            if (adapter != null) {
                return Optional.of(adapter);
            }
            before = changes;
        }
        Optional<Adapter> read = stored.get();
        read.ifPresent(adapter -> remember(adapter, before));
        return read;
    }

    /** Unless something changed since it was read: then it may be outdated already. */
    private synchronized void remember(Adapter adapter, long changesBefore) {
        if (changes == changesBefore) {
            known.put(adapter.name(), adapter);
            if (known.size() > MOST) {
                known.remove(known.keySet().iterator().next());
            }
        }
    }

    /** To be called after a change is durable and before anybody is told. */
    synchronized void forget(AdapterName name) {
        changes++;
        known.remove(name);
    }
}
