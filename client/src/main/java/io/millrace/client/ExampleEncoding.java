package io.millrace.client;

import com.google.protobuf.Timestamp;
import io.millrace.v1.Chat;
import io.millrace.v1.ChatMessage;
import io.millrace.v1.Completion;
import io.millrace.v1.PlainText;
import io.millrace.v1.TokenIds;
import java.time.Instant;

/** Examples as they go over the wire. */
final class ExampleEncoding {
    /** The most that one encoded example may take. */
    static final int MAX_BYTES = 1 << 20;

    private ExampleEncoding() {}

    static io.millrace.v1.Example encode(Example example) {
        io.millrace.v1.Example.Builder encoded =
                io.millrace.v1.Example.newBuilder().addAllTags(example.tags()).setAlwaysTrain(example.alwaysTrain());
        if (example.weight() != 1) {
            encoded.setWeight(example.weight());
        }
        example.eventTime().ifPresent(time -> encoded.setEventTime(encode(time)));
        Content content = example.content();
        if (content instanceof Content.Chat chat) {
            encoded.setChat(encode(chat));
        } else if (content instanceof Content.Completion completion) {
            encoded.setCompletion(
                    Completion.newBuilder().setPrompt(completion.prompt()).setCompletion(completion.completion()));
        } else if (content instanceof Content.PlainText text) {
            encoded.setText(PlainText.newBuilder().setText(text.text()));
        } else if (content instanceof Content.TokenIds tokens) {
            encoded.setTokenIds(TokenIds.newBuilder().addAllIds(tokens.ids()).addAllLossWeights(tokens.lossWeights()));
        }
        return encoded.build();
    }

    private static Chat encode(Content.Chat chat) {
        Chat.Builder encoded = Chat.newBuilder().addAllToolsJson(chat.toolsJson());
        for (Content.Message message : chat.messages()) {
            ChatMessage.Builder turn =
                    encoded.addMessagesBuilder().setRole(message.role()).setFieldsJson(message.fieldsJson());
            message.content().ifPresent(turn::setContent);
        }
        return encoded.build();
    }

    private static Timestamp encode(Instant time) {
        return Timestamp.newBuilder()
                .setSeconds(time.getEpochSecond())
                .setNanos(time.getNano())
                .build();
    }
}
