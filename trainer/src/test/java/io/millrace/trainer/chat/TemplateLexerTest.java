package io.millrace.trainer.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class TemplateLexerTest {
    private static List<String> data(String template) {
        return TemplateLexer.tokens(template).stream()
                .filter(token -> token.kind() == Token.Kind.DATA)
                .map(Token::text)
                .toList();
    }

    @Test
    void blockOnALineOfItsOwn_leavesNoTrace() {
        assertThat(data("a\n  {% if x %}\n  b\n  {% endif %}\nc")).containsExactly("a\n", "  b\n", "c");
    }

    @Test
    void blockAfterTextOrBlock_keepsTheBlanksBeforeIt() {
        assertThat(data("a {% if x %} {% endif %}")).containsExactly("a ", " ");
        assertThat(data("{% if x %}\n  {% endif %}")).isEmpty();
    }

    @Test
    void minus_stripsAllWhitespaceOnItsSide() {
        assertThat(data("a \n {%- if x -%} \n b \n {{- y -}} \n c")).containsExactly("a", "b", "c");
    }

    @Test
    void plus_keepsWhatTrimmingWouldTake() {
        assertThat(data("  {%+ if x +%}\nb")).containsExactly("  ", "\nb");
    }

    @Test
    void outputTag_trimsNothingByItself() {
        assertThat(data("  {{ x }}\nb")).containsExactly("  ", "\nb");
    }

    @Test
    void rawBlock_isText() {
        assertThat(data("{% raw %}{{ a }}{% if %}{# b #}{% endraw %}\nc"))
                .containsExactly("{{ a }}{% if %}{# b #}", "c");
        assertThat(data("a {%- raw -%} b {%- endraw -%} c")).containsExactly("a", "b", "c");
    }

    @Test
    void lineEnds_areUnifiedAndOneAtTheEndIsDropped() {
        assertThat(data("a\r\nb\rc\n\n")).containsExactly("a\nb\nc\n");
    }

    @Test
    void bracesAndEndMarksWithinATag_belongToIt() {
        List<Token> tokens = TemplateLexer.tokens("{{ {'a': {}}['}}'] }}");

        assertThat(tokens)
                .filteredOn(token -> token.kind() == Token.Kind.OUTPUT_END)
                .hasSize(1);
        assertThat(tokens)
                .filteredOn(token -> token.kind() == Token.Kind.STRING)
                .extracting(Token::text)
                .containsExactly("a", "}}");
    }

    @Test
    void tokens_knowTheirLine() {
        assertThat(TemplateLexer.tokens("a\n{# \n #}\n{{ x\n }}{{ y }}"))
                .filteredOn(token -> token.kind() == Token.Kind.NAME)
                .extracting(Token::line)
                .containsExactly(4, 5);
    }

    @Test
    void escapes_areThoseOfPython() {
        assertThat(TemplateLexer.tokens("{{ '\\n\\t\\x41\\u00e9\\U0001F600\\101\\q\\\\' }}"))
                .filteredOn(token -> token.kind() == Token.Kind.STRING)
                .extracting(Token::text)
                .containsExactly("\n\tAé😀A\\q\\");
    }
}
