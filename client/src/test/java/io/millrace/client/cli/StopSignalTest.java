package io.millrace.client.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

class StopSignalTest {
    @Test
    void stop_endsWhatRunsAndWaitsForIt() throws InterruptedException {
        StopSignal signal = StopSignal.install();
        Thread process = new Thread(signal::stopAndAwait);

        StepVerifier.create(Flux.never().takeUntilOther(signal.asked()))
                .then(process::start)
                .expectComplete()
                .verify(Duration.ofSeconds(20));

        assertThat(signal.isAsked()).isTrue();
        assertThat(process.isAlive()).as("waits for the command").isTrue();
        signal.close();
        process.join(Duration.ofSeconds(20).toMillis());
        assertThat(process.isAlive()).isFalse();
    }

    @Test
    void commandThatEnds_isNotAskedToStop() {
        StopSignal signal = StopSignal.install();
        signal.close();

        assertThat(signal.isAsked()).isFalse();
    }
}
