package io.millrace.server.scenario;

import io.millrace.client.Content.Message;
import io.millrace.client.Example;
import java.util.List;
import java.util.stream.IntStream;
import reactor.core.publisher.Flux;

/** Questions whose answers follow from them, so that a tiny model gets better at them. */
final class Conversations {
    private static final List<String> THINGS = List.of("fox", "dog", "park", "test", "jump", "town", "rain");

    private Conversations() {}

    static Flux<Example> of(int from, int to) {
        return Flux.range(from, to - from).map(Conversations::of);
    }

    static Example of(int i) {
        return Example.chat(Message.of("user", question(i)), Message.of("assistant", answer(i)));
    }

    /** As a line that {@code push} reads. */
    static String line(int i) {
        return """
                {"messages": [{"role": "user", "content": "%s"}, {"role": "assistant", "content": "%s"}]}""".formatted(question(i), answer(i));
    }

    /** As {@link LoggedTexts} shows them. */
    static List<String> texts(int from, int to) {
        return IntStream.range(from, to)
                .mapToObj(i -> "user: %s assistant: %s".formatted(question(i), answer(i)))
                .toList();
    }

    private static String question(int i) {
        return "What is " + THINGS.get(i % THINGS.size()) + " " + i + "?";
    }

    private static String answer(int i) {
        String thing = THINGS.get(i % THINGS.size());
        return thing + thing + ".";
    }
}
