package io.millrace.server.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.cli.ExitCode;
import io.millrace.server.CommandRun;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MemoryCommandTest {
    @ParameterizedTest
    @CsvSource({"dense, 32, 40", "nf4, 4.12, 4.13"})
    void baseHeldInThisWay_hasItsBitsPerWeight(String base, double least, double most) {
        CommandRun run = CommandRun.of(
                List.of("bench", "memory", "--json", "--quick", "--steps", "1", "--precision", "fp32"), "--base", base);

        assertThat(run.status()).as(run.stderr()).isEqualTo(ExitCode.OK);
        assertThat(run.lastEvent().path("event").textValue()).isEqualTo("finished");
        assertThat(run.lastEvent().path("base").textValue()).isEqualTo(base);
        assertThat(run.lastEvent().path("bits_per_weight").doubleValue()).isBetween(least, most);
        assertThat(run.lastEvent().path("seconds_per_step").doubleValue()).isPositive();
    }
}
