package io.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.SendWindow.Held;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SendWindowTest {
    private final SendWindow window = new SendWindow();

    private void hold(String... texts) {
        for (String text : texts) {
            window.add(Held.of(Example.text(text)));
        }
    }

    private static List<String> texts(List<Held> held) {
        return held.stream().map(one -> one.encoded().getText().getText()).toList();
    }

    @Test
    void sentExamples_areSentAgainInOrderAfterARewind() {
        window.startAt(10);
        hold("a", "b", "c");
        window.send(2);
        assertThat(window.sendOffset()).isEqualTo(12);

        window.rewind();

        assertThat(window.sendOffset()).isEqualTo(10);
        assertThat(texts(window.send(3))).containsExactly("a", "b", "c");
    }

    @Test
    void acknowledgedExamples_areLetGo() {
        window.startAt(10);
        hold("a", "b", "c");
        long bytes = window.bytes();
        window.send(2);

        window.acknowledge(11);

        assertThat(window.firstOffset()).isEqualTo(11);
        assertThat(window.size()).isEqualTo(2);
        assertThat(window.bytes()).isEqualTo(bytes / 3 * 2);
        assertThat(texts(window.send(1))).containsExactly("c");
    }

    @Test
    void removedExamples_giveTheirPlacesToThoseAfterThem() {
        hold("a", "b", "c", "d");

        assertThat(window.remove(Set.of(1, 3, 9))).containsOnlyKeys(1, 3);
        assertThat(texts(window.send(window.unsentCount()))).containsExactly("a", "c");
    }

    @Test
    void fitting_countsExamplesAndBytesAsTheyAreInAnAppend() {
        hold("a", "b", "c");
        int each = Held.of(Example.text("a")).bytes();

        assertThat(window.fitting(2, 1000)).isEqualTo(2);
        assertThat(window.fitting(9, 2L * each)).isEqualTo(2);
        assertThat(window.fitting(9, 2L * each - 1)).isEqualTo(1);
        assertThat(window.fitting(-1, 1000)).isZero();
    }
}
