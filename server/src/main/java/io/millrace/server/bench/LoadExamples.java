package io.millrace.server.bench;

import com.google.protobuf.ByteString;
import io.millrace.v1.AppendExamplesRequest.Append;
import io.millrace.v1.Chat;
import io.millrace.v1.ChatMessage;
import io.millrace.v1.Example;
import io.millrace.v1.PlainText;
import java.util.List;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** Examples of about 1,000 bytes, as the log stores them, of English words. Held as UTF-8, so that sending takes little. */
final class LoadExamples {
    private static final List<String> WORDS = List.of(
            "the",
            "library",
            "closes",
            "at",
            "eight",
            "in",
            "the",
            "evening",
            "on",
            "weekdays",
            "and",
            "you",
            "may",
            "keep",
            "a",
            "book",
            "for",
            "four",
            "weeks",
            "unless",
            "somebody",
            "else",
            "asks",
            "for",
            "it");

    private LoadExamples() {}

    /** An append of plain texts. */
    static Append texts(int count) {
        return append(
                count,
                i -> Example.newBuilder()
                        .setText(PlainText.newBuilder().setTextBytes(text(i, 965)))
                        .build());
    }

    /** An append of chats: a question and its answer. */
    static Append chats(int count) {
        return append(
                count,
                i -> Example.newBuilder()
                        .setChat(Chat.newBuilder()
                                .addMessages(message("user", text(i, 580)))
                                .addMessages(message("assistant", text(-i, 310))))
                        .build());
    }

    private static Append append(int count, IntFunction<Example> example) {
        return Append.newBuilder()
                .addAllExamples(IntStream.range(0, count).mapToObj(example).toList())
                .build();
    }

    private static ChatMessage message(String role, ByteString content) {
        return ChatMessage.newBuilder().setRole(role).setContentBytes(content).build();
    }

    private static ByteString text(int seed, int length) {
        Random random = new Random(seed);
        StringBuilder text = new StringBuilder();
        while (text.length() < length) {
            text.append(WORDS.get(random.nextInt(WORDS.size()))).append(' ');
        }
        return ByteString.copyFromUtf8(text.substring(0, length));
    }
}
