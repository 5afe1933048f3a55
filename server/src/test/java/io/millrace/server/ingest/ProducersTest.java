package io.millrace.server.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.trainer.example.StreamName;
import org.junit.jupiter.api.Test;

class ProducersTest {
    private final Producers producers = new Producers();

    @Test
    void whatMayWait_isSharedByTheProducersThereAre() {
        long alone = producers.mostWaiting();
        Producer first = claim("a");
        assertThat(producers.mostWaiting()).isEqualTo(alone);
        Producer second = claim("b");
        assertThat(producers.mostWaiting()).isEqualTo(alone / 2);
        Producer newer = claim("b");
        assertThat(producers.mostWaiting()).as("one took the other's place").isEqualTo(alone / 2);

        producers.release(second);
        assertThat(producers.mostWaiting()).as("it held nothing any more").isEqualTo(alone / 2);
        producers.release(newer);
        producers.release(first);
        assertThat(producers.mostWaiting()).isEqualTo(alone);
    }

    @Test
    void manyOpenCalls_leaveEachEnoughToGather() {
        for (int i = 0; i < 1_000; i++) {
            claim("s" + i);
        }
        assertThat(producers.mostWaiting()).isEqualTo(64 << 10);
    }

    private Producer claim(String stream) {
        return producers.claim(StreamName.parse("tenants/t/adapters/a/streams/" + stream));
    }
}
