package io.millrace.trainer.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Expected values are what Python 3.11 gives on Linux. */
class TimeFormatTest {
    private static final Clock CLOCK = Clock.fixed(Instant.parse("2024-07-06T05:04:03Z"), ZoneOffset.UTC);

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "%d %b %Y|06 Jul 2024",
                "%Y-%m-%d %H:%M:%S|2024-07-06 05:04:03",
                "%A %B %-d %j %I %p %y %a 100%%|Saturday July 6 188 05 AM 24 Sat 100%",
                "%e.%c.%D.%F.%T|' 6.Sat Jul  6 05:04:03 2024.07/06/24.2024-07-06.05:04:03'",
            })
    void format_isPythons(String format, String expected) {
        assertThat(TimeFormat.format(format, CLOCK).value()).isEqualTo(expected);
    }

    @Test
    void unknownDirective_isRefused() {
        assertThatThrownBy(() -> TimeFormat.format("%Q", CLOCK)).hasMessage("strftime_now can't format %Q");
    }
}
