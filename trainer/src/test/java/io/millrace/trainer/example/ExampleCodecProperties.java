package io.millrace.trainer.example;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.time.api.DateTimes;

class ExampleCodecProperties {
    @Property(tries = 500)
    void anyExample_comesBackEqual(@ForAll("examples") Example example) {
        assertThat(ExampleCodec.decode(ExampleCodec.encode(example))).isEqualTo(example);
    }

    @Provide
    Arbitrary<Example> examples() {
        Arbitrary<Float> weights = floats().filter(weight -> weight > 0 && weight <= 100);
        Arbitrary<Optional<Instant>> times = DateTimes.instants().optional();
        return Combinators.combine(contents(), weights, times, text().list().ofMaxSize(3), Arbitraries.of(true, false))
                .as(Example::new);
    }

    private static Arbitrary<Content> contents() {
        Arbitrary<String> some = text().filter(text -> !text.isEmpty());
        Arbitrary<ChatMessage> messages =
                Combinators.combine(some, text().optional(), objects()).as(ChatMessage::new);
        Arbitrary<List<Integer>> ids =
                Arbitraries.integers().greaterOrEqual(0).list().ofMinSize(2).ofMaxSize(9);
        Arbitrary<TokenIds> tokens = ids.flatMap(drawn -> floats().filter(weight -> weight >= 0)
                .list()
                .ofSize(drawn.size())
                .map(weights -> new TokenIds(drawn, weights)));
        return Arbitraries.oneOf(
                Combinators.combine(
                                messages.list().ofMinSize(1).ofMaxSize(3),
                                objects().list().ofMaxSize(2))
                        .as(Chat::new),
                Combinators.combine(text(), some).as(Completion::new),
                some.map(PlainText::new),
                tokens);
    }

    private static Arbitrary<Map<String, Object>> objects() {
        Arbitrary<Object> leaves = Arbitraries.oneOf(
                text().asGeneric(),
                Arbitraries.integers().asGeneric(),
                Arbitraries.longs()
                        .filter(number -> number != number.intValue())
                        .asGeneric(),
                Arbitraries.longs()
                        .map(Double::longBitsToDouble)
                        .filter(Double::isFinite)
                        .asGeneric(),
                Arbitraries.of(true, false).asGeneric());
        Arbitrary<Object> values = Arbitraries.recursive(
                () -> leaves,
                inner -> Arbitraries.oneOf(
                        inner.list().ofMaxSize(3).asGeneric(),
                        Arbitraries.maps(keys(), inner).ofMaxSize(3).asGeneric()),
                0,
                3);
        return Arbitraries.maps(keys(), values).ofMaxSize(3);
    }

    private static Arbitrary<String> keys() {
        return text().filter(key -> !key.equals("role") && !key.equals("content"));
    }

    private static Arbitrary<String> text() {
        return Arbitraries.strings().all().ofMaxLength(12);
    }

    /** All finite ones, by their bits. */
    private static Arbitrary<Float> floats() {
        return Arbitraries.integers().map(Float::intBitsToFloat).filter(number -> Float.isFinite(number));
    }
}
