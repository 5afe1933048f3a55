package io.millrace.client.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class JsonEventsTest {
    private final StringWriter out = new StringWriter();

    @Test
    void event_isOneLineWithItsFieldsInOrder() {
        JsonEvents.to(new PrintWriter(out))
                .event("checkpoint")
                .with("revision", 3L)
                .with("dir", "a\nb")
                .with("loss", OptionalDouble.of(0.5))
                .emit();

        assertThat(out.toString())
                .isEqualTo("{\"event\":\"checkpoint\",\"revision\":3,\"dir\":\"a\\nb\",\"loss\":0.5}"
                        + System.lineSeparator());
    }

    @Test
    void unknownValue_isNull() {
        JsonEvents.to(new PrintWriter(out))
                .event("x")
                .with("a", (Object) null)
                .with("b", Double.NaN)
                .with("c", OptionalDouble.empty())
                .emit();

        assertThat(out.toString()).isEqualToIgnoringNewLines("{\"event\":\"x\",\"a\":null,\"b\":null,\"c\":null}");
    }

    @Test
    void silentEvents_areNotWritten() {
        JsonEvents.silent().event("x").with("a", 1).emit();

        assertThat(out.toString()).isEmpty();
    }
}
