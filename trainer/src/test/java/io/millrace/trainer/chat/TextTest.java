package io.millrace.trainer.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TextTest {
    /** Renders {@code {{ x }}…} with a message's text in {@code x} and shows origins as digits beside the characters. */
    private static String origins(String expression) {
        Text content = Text.of(" a-B😀 ", (char) 2);
        Frame frame = Frame.of(Map.of("x", content));
        Statement.runAll(TemplateParser.parse("{{ " + expression + " }}").statements(), frame);
        StringBuilder shown = new StringBuilder();
        frame.output().rendered().text().origins().chars().forEach(shown::append);
        return shown.toString();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '=',
            quoteCharacter = '`',
            value = {
                "'<' + x + '>' = 022222220",
                "x | trim ~ 'y' = 222220",
                "x[2:4] = 22",
                "x.split('-')[1] ~ '.' = 22220",
                "x.replace('-', '+++') = 22 000 2222",
                "x | upper = 2222222",
                "[x] | string = 00 2222222 00",
                "{'k': x} | tojson = 0000000 2222222 00",
                "'%s!' % x = 22222220",
                "[x, x] | join(',') = 2222222 0 2222222",
                "x | default('d') = 2222222",
                "'abc' = 000",
            })
    void operations_keepTheOriginOfEachCharacter(String expression, String expected) {
        assertThat(origins(expression)).isEqualTo(expected.replace(" ", ""));
    }

    @Test
    void textsOfTheSameCharacters_areEqualWhateverTheirOrigin() {
        assertThat(Text.of("a", (char) 1)).isEqualTo(Text.of("a")).hasSameHashCodeAs(Text.of("a"));
    }

    @Test
    void lengthensWhenUppercased_keepsItsOrigin() {
        Text upper = (Text) Filters.named("upper")
                .apply(Text.of("ß", (char) 3), new Arguments("upper", List.of(), Map.of(), new Budget()));

        assertThat(upper.value()).isEqualTo("SS");
        assertThat(upper.origin()).isEqualTo((char) 3);
    }

    @Test
    void builder_refusesMoreThanARenderMayWrite() {
        TextBuilder builder = new TextBuilder().append("a".repeat(Budget.CHARACTERS));

        assertThatThrownBy(() -> builder.append("b"))
                .isInstanceOf(ChatTemplateException.class)
                .hasMessage("the template makes a text of more than 10,000,000 characters");
    }
}
