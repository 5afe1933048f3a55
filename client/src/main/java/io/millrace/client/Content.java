package io.millrace.client;

import java.util.List;
import java.util.Optional;

/** What an example teaches; each kind defines where its loss lies. Text must be well-formed Unicode. */
public sealed interface Content {
    /**
     * A conversation; the loss is on the assistant's turns, their end of turn included.
     *
     * @param messages at least one turn
     * @param toolsJson tool definitions for the chat template, each a JSON object as text; often empty
     */
    record Chat(List<Message> messages, List<String> toolsJson) implements Content {
        public Chat {
            messages = List.copyOf(messages);
            toolsJson = List.copyOf(toolsJson);
            toolsJson.forEach(tool -> requireWellFormed("tools", tool));
            if (messages.isEmpty()) {
                throw new IllegalArgumentException("messages is empty; a chat needs at least one message");
            }
        }
    }

    /**
     * One turn of a chat.
     *
     * @param role such as {@code system}, {@code user}, {@code assistant}, {@code tool}
     * @param content the text; absent where a turn consists of tool calls alone
     * @param fieldsJson what else the chat template may read, such as {@code tool_calls}: a JSON object as text; empty: none
     */
    record Message(String role, Optional<String> content, String fieldsJson) {
        public Message {
            if (role.isEmpty()) {
                throw new IllegalArgumentException("role is empty; use system, user, assistant or tool");
            }
            content.ifPresent(text -> requireWellFormed("content", text));
            requireWellFormed("fields", fieldsJson);
        }

        public static Message of(String role, String content) {
            return new Message(role, Optional.of(content), "");
        }
    }

    /** A prompt, which may be empty, and what should follow it; the loss is on the completion. */
    record Completion(String prompt, String completion) implements Content {
        public Completion {
            requireWellFormed("prompt", prompt);
            requireWellFormed("completion", completion);
            if (completion.isEmpty()) {
                throw new IllegalArgumentException("completion is empty; there is nothing to train on");
            }
        }
    }

    /** Running text; the loss is on every token but the first. */
    record PlainText(String text) implements Content {
        public PlainText {
            requireWellFormed("text", text);
            if (text.isEmpty()) {
                throw new IllegalArgumentException("text is empty; there is nothing to train on");
            }
        }
    }

    /**
     * Ready-made token ids of the base model's vocabulary.
     *
     * @param ids at least two
     * @param lossWeights as many as ids: the weight of predicting {@code ids[i]} from those before it, 0 is context; or empty:
     *     1 each
     */
    record TokenIds(List<Integer> ids, List<Float> lossWeights) implements Content {
        public TokenIds {
            ids = List.copyOf(ids);
            lossWeights = List.copyOf(lossWeights);
            if (ids.size() < 2) {
                throw new IllegalArgumentException("ids has %d entries; at least 2 are needed".formatted(ids.size()));
            }
            if (!lossWeights.isEmpty() && lossWeights.size() != ids.size()) {
                throw new IllegalArgumentException("loss_weights has %d entries, ids %d; they must be as many"
                        .formatted(lossWeights.size(), ids.size()));
            }
        }
    }

    /** Protobuf would silently replace an unpaired surrogate by a question mark. */
    private static void requireWellFormed(String field, String text) {
        for (int i = 0; i < text.length(); i++) {
            char unit = text.charAt(i);
            if (Character.isHighSurrogate(unit)
                    && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
            } else if (Character.isSurrogate(unit)) {
                throw new IllegalArgumentException("%s has an unpaired surrogate (\\u%04x) at %d; it is not valid text"
                        .formatted(field, (int) unit, i));
            }
        }
    }
}
