package io.millrace.server.bench;

import io.millrace.client.cli.BadDataException;
import io.millrace.trainer.batch.Sequence;
import io.millrace.trainer.example.Chat;
import io.millrace.trainer.example.ChatMessage;
import io.millrace.trainer.example.Content;
import io.millrace.trainer.example.Example;
import io.millrace.trainer.pipeline.AdapterConfig;
import io.millrace.trainer.pipeline.Base;
import io.millrace.trainer.tokenizer.Tokenized;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** Chats in batches of eight, in their order, with loss on the answers. */
final class ChatBatches {
    private static final int BATCH = 8;
    private static final int PROMPT_TOKENS = 200;

    private final Base base;
    private final List<Chat> chats;

    /** @throws BadDataException if they are fewer than eight or hold anything but chats */
    ChatBatches(Base base, List<Example> examples) {
        this.base = base;
        this.chats =
                examples.stream().map(Example::content).map(ChatBatches::chat).toList();
        if (chats.size() < BATCH) {
            throw new BadDataException(
                    "the examples are %d; at least %d are needed for a batch".formatted(chats.size(), BATCH));
        }
    }

    private static Chat chat(Content content) {
        if (content instanceof Chat chat) {
            return chat;
        }
        throw new BadDataException("the examples hold a %s; chats are needed, lines with \"messages\""
                .formatted(content.getClass().getSimpleName()));
    }

    /** As they are. */
    Workload ragged() {
        return workload(Workload.RAGGED, true, chat -> chat);
    }

    /** Each with the same system prompt of about 200 tokens: the desk's own answers, one after the other. */
    Workload sharedPrompt() {
        ChatMessage prompt = ChatMessage.of("system", prompt());
        return workload("shared_prefix", false, chat -> {
            List<ChatMessage> messages = new ArrayList<>(List.of(prompt));
            chat.messages().stream()
                    .filter(message -> !message.role().equals("system"))
                    .forEach(messages::add);
            return new Chat(messages, chat.tools());
        });
    }

    private String prompt() {
        StringBuilder prompt = new StringBuilder("You answer for a shop. What it says:");
        for (int i = chats.size() - 1;
                i >= 0 && base.text().encode(prompt.toString()).ids().length < PROMPT_TOKENS;
                i--) {
            chats.get(i).messages().stream()
                    .filter(message -> message.role().equals("assistant"))
                    .forEach(message ->
                            prompt.append(' ').append(message.content().orElse("")));
        }
        return prompt.toString();
    }

    private Workload workload(String name, boolean withForward, UnaryOperator<Chat> change) {
        List<List<Sequence>> batches = new ArrayList<>();
        for (int from = 0; from + BATCH <= chats.size(); from += BATCH) {
            batches.add(chats.subList(from, from + BATCH).stream()
                    .map(change)
                    .map(this::sequence)
                    .toList());
        }
        return new Workload(name, batches, withForward);
    }

    private Sequence sequence(Chat chat) {
        Tokenized tokenized = base.tokenizer()
                .tokenize(Example.of(chat), AdapterConfig.DEFAULT.examples().limit());
        if (tokenized instanceof Tokenized.Tokens tokens) {
            return new Sequence(tokens.ids(), tokens.lossWeights());
        }
        Tokenized.Refused refused = (Tokenized.Refused) tokenized;
        throw new BadDataException(refused.field() + " " + refused.reason());
    }
}
