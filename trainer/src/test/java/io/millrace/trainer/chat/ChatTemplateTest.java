package io.millrace.trainer.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.trainer.example.Chat;
import io.millrace.trainer.example.ChatMessage;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChatTemplateTest {
    private static String render(String source) {
        return ChatTemplate.of(source).render(List.of(), List.of(), false, Map.of());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    a\\n{% if x %}          | line 2: the block that begins here has no end
                    {% foo %}               | line 1: unknown tag 'foo'
                    \\n\\n{{ a b }}         | line 3: expected '}}', but here is 'b'
                    {{ (1 ]                 | line 1: unexpected ']', which closes nothing
                    {{ 'abc }}              | line 1: the string that begins here has no end
                    {{ x                    | line 1: the tag that begins here has no end; expected }}
                    {# x                    | line 1: the comment that begins here has no end
                    {% raw %}x              | line 1: the raw block that begins here has no end
                    {{ }}                   | line 1: expected an expression, but here is '}}'
                    {{ 99999999999999999999 }} | line 1: the number 99999999999999999999 exceeds 64 bits
                    {{ $x }}                | line 1: unexpected character '$'
                    {{ '\\ud83' }}          | line 1: the escape \\u needs 4 hexadecimal digits
                    """)
    void brokenTemplate_isRefusedWithLineAndPlace(String source, String message) {
        assertThatThrownBy(() -> ChatTemplate.of(source.replace("\\n", "\n")))
                .isInstanceOf(ChatTemplateException.class)
                .hasMessageStartingWith(message);
    }

    @Test
    void refusalOfTheTemplate_carriesItsWordsAndLine() {
        assertThatThrownBy(() -> render("{% if true %}\n{{ raise_exception('roles must alternate') }}{% endif %}"))
                .isInstanceOf(ChatTemplateException.class)
                .hasMessage("line 2: the template refuses the chat: roles must alternate");
    }

    @Test
    void unknownFilter_failsOnlyWhereItIsReached() {
        assertThat(render("{% if false %}{{ x | from_json }}{% endif %}ok")).isEqualTo("ok");
        assertThatThrownBy(() -> render("{{ x | from_json }}")).hasMessage("line 1: unknown filter 'from_json'");
    }

    @Test
    void textInMessages_isNeverEvaluated() {
        List<Map<String, Object>> messages = List.of(Map.of(
                "role",
                "{{ 1 + 1 }}",
                "content",
                "{% raw %}{{ messages }}{# x #}",
                "name",
                "{{ raise_exception('x') }}"));

        assertThat(ChatTemplate.of(
                                "{% for m in messages %}{{ m.role }}|{{ m.content }}|{{ m.name ~ '{{ 2 }}' }}{% endfor %}")
                        .render(messages, List.of(), false, Map.of("bos_token", "{{ 3 }}")))
                .isEqualTo("{{ 1 + 1 }}|{% raw %}{{ messages }}{# x #}|{{ raise_exception('x') }}{{ 2 }}");
    }

    @Test
    void absentContent_isNone() {
        Chat chat = new Chat(
                List.of(
                        ChatMessage.of("user", "q"),
                        new ChatMessage("assistant", Optional.empty(), Map.of("name", "f"))),
                List.of());
        TrainingText text = ChatTemplate.of(
                        "{% for m in messages %}<{{ m.content is none }}{{ m.content }}{{ m.name }}>{% endfor %}")
                .trainingText(chat, Map.of());

        assertThat(text).isEqualTo(new TrainingText.Located("<Falseq><TrueNonef>", List.of(new Span(8, 19))));
    }

    @Test
    void noTools_areNone() {
        ChatTemplate template = ChatTemplate.of("{{ tools is none }}{{ tools | length if tools }}");

        assertThat(template.render(List.of(), List.of(), false, Map.of())).isEqualTo("True");
        assertThat(template.render(List.of(), List.of(Map.of("type", "function")), false, Map.of()))
                .isEqualTo("False1");
    }

    @Test
    void valueThatIsNoJson_isRefusedByName() {
        assertThatThrownBy(() -> ChatTemplate.of("").render(List.of(), List.of(), false, Map.of("x", Optional.empty())))
                .isInstanceOf(ChatTemplateException.class)
                .hasMessageContaining("java.util.Optional");
    }

    @Test
    void strftimeNow_asksTheGivenClock() {
        Clock clock = Clock.fixed(Instant.parse("2024-07-06T05:04:03Z"), ZoneOffset.UTC);

        assertThat(ChatTemplate.of("{{ strftime_now('%d %b %Y') }}", clock)
                        .render(List.of(), List.of(), false, Map.of()))
                .isEqualTo("06 Jul 2024");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
                "{% set ns = namespace(s='ab') %}{% for i in range(50) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
                "{{ 'abc' * 99999999999 }}",
                "{{ [1, 2] * 99999999999 }}",
                "{{ 'a'.ljust(99999999999) }}",
                "{{ '%9999999999d' % 1 }}",
                "{{ ('a' * 4000000).replace('', 'bbbb') }}",
                "{{ 'x' | indent(99999999999) }}",
                "{{ range(100001) }}",
                "{% for i in range(2000) %}{{ 'a' * 9000000 }}{% endfor %}",
                "{% macro f(n) %}{{ f(n + 1) }}{% endmacro %}{{ f(0) }}",
                "{% macro f(n) %}{% if n > 0 %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(40) }}",
                "{% set ns = namespace(l=[]) %}{% for i in range(90000) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l }}",
                "{{ ['a' * 9000000] * 100000 | map('upper') | list }}",
                "{{ (['a' * 9000000] * 100000) | map('upper') | list | length }}",
                "{% for i in range(90000) %}{% if 'b' in 'a' * 9000000 %}{% endif %}{% endfor %}",
                "{{ 9 ** 99999999999 }}",
            })
    void templateThatTakesTooMuch_isStopped(String source) {
        assertThatThrownBy(() -> render(source)).isInstanceOf(ChatTemplateException.class);
    }

    @ParameterizedTest
    @CsvSource({"(, )", "[, ]", "'not ', ''", "-, ''", "{1:, }", "x[, ]", "f(, )", "'1 if 1 else ', ''"})
    void expressionNestedTooDeep_isRefused(String opening, String closing) {
        assertThatThrownBy(() -> ChatTemplate.of("{{ " + opening.repeat(1_000) + "1" + closing.repeat(1_000) + " }}"))
                .isInstanceOf(ChatTemplateException.class)
                .hasMessageContaining("nested more than 100 levels deep");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1 + ", "x or ", "1 * "})
    void longChainOfOperators_isStoppedWhenEvaluated(String link) {
        ChatTemplate template = ChatTemplate.of("{{ " + link.repeat(50_000) + "1 }}");

        assertThatThrownBy(() -> template.render(List.of(), List.of(), false, Map.of()))
                .isInstanceOf(ChatTemplateException.class)
                .hasMessageContaining("levels deep");
    }

    @Test
    void recursion_isStoppedOnASmallStackToo() throws InterruptedException {
        List<Throwable> seen = new ArrayList<>();
        Thread thread = new Thread(
                null,
                () -> {
                    try {
                        render(
                                "{% macro f() %}{% for i in [1] %}{% if f() %}{% endif %}{% endfor %}{% endmacro %}{{ f() }}");
                    } catch (ChatTemplateException e) {
                        seen.add(e);
                    }
                },
                "small-stack",
                256 * 1024);
        thread.start();
        thread.join();

        assertThat(seen).hasSize(1);
    }

    @Test
    void template_rendersTheSameFromManyThreads() {
        ChatTemplate template = ChatTemplate.of(
                "{% set ns = namespace(n=0) %}{% for m in messages %}{% set ns.n = ns.n + m.content | length %}{{ m.content }}{% endfor %}{{ ns.n }}");

        List<String> rendered = IntStream.range(0, 400)
                .parallel()
                .mapToObj(i -> template.render(
                        List.of(Map.of("role", "user", "content", "x".repeat(i))), List.of(), false, Map.of()))
                .toList();

        assertThat(rendered)
                .isEqualTo(
                        IntStream.range(0, 400).mapToObj(i -> "x".repeat(i) + i).toList());
    }
}
