package io.millrace.trainer.tokenizer;

import io.millrace.trainer.chat.ChatTemplate;
import io.millrace.trainer.chat.Span;
import io.millrace.trainer.chat.TrainingText;
import io.millrace.trainer.example.Chat;
import io.millrace.trainer.example.ChatMessage;
import io.millrace.trainer.example.Completion;
import io.millrace.trainer.example.Content;
import io.millrace.trainer.example.Example;
import io.millrace.trainer.example.PlainText;
import io.millrace.trainer.example.TokenIds;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Turns examples into tokens with loss weights, and into questions. Safe for use by several threads.
 *
 * <ul>
 *   <li>chat: as the model's template writes it, which brings its own bos; loss on what the model would generate in each
 *       assistant turn, end of turn included;
 *   <li>completion: [bos] prompt completion eos; loss on completion and eos;
 *   <li>plain text: [bos] text eos; loss on all but the first token;
 *   <li>token ids: as given.
 * </ul>
 *
 * Prompts and what follows are tokenised apart, so that training sees the tokens that generating from the same prompt sees.
 * Tokens after the last trained one are left out: nothing is learned from them.
 */
public final class ExampleTokenizer {
    private static final String NO_TEMPLATE =
            "can't be used: the model has no chat template; send prompt and completion, or use an instruct model";
    private static final String CROSSED =
            "can't be tokenised so that its answers start and end between tokens; put the blanks at an answer's border on its other side";

    private final TextTokenizer tokenizer;
    private final Optional<ChatTemplate> template;
    private final int modelVocabulary;
    private final Map<String, Object> templateVariables;
    private final WeightedTokens bos;
    private final int[] eos;

    /**
     * @param template the model's chat template; without one chats are refused
     * @param modelVocabulary rows of the model's embedding; ids beyond it are refused
     * @throws TokenizerFormatException if bos or eos is not in the tokenizer's vocabulary
     */
    public ExampleTokenizer(
            TextTokenizer tokenizer, SpecialTokens special, Optional<ChatTemplate> template, int modelVocabulary) {
        this.tokenizer = tokenizer;
        this.template = template;
        this.modelVocabulary = modelVocabulary;
        this.templateVariables = variables(special);
        boolean addsBos = special.addBos().orElse(tokenizer.leadingToken().isPresent());
        Optional<String> first = addsBos ? tokenizer.leadingToken().or(special::bos) : Optional.empty();
        this.bos = WeightedTokens.of(ids("bos_token", first), 0);
        this.eos = ids("eos_token", special.eos());
    }

    private static Map<String, Object> variables(SpecialTokens special) {
        Map<String, Object> variables = new HashMap<>();
        special.bos().ifPresent(token -> variables.put("bos_token", token));
        special.eos().ifPresent(token -> variables.put("eos_token", token));
        special.pad().ifPresent(token -> variables.put("pad_token", token));
        return Map.copyOf(variables);
    }

    private int[] ids(String field, Optional<String> token) {
        return token.stream()
                .mapToInt(text -> tokenizer
                        .idOf(text)
                        .orElseThrow(() -> new TokenizerFormatException(
                                "%s is \"%s\", which is not in the tokenizer's vocabulary".formatted(field, text))))
                .toArray();
    }

    public Tokenized tokenize(Example example, LengthLimit limit) {
        float weight = example.weight();
        Content content = example.content();
        if (content instanceof Chat chat) {
            return chat(chat, weight, limit);
        } else if (content instanceof Completion completion) {
            return completion(completion, weight, limit);
        } else if (content instanceof PlainText text) {
            return plainText(text, weight, limit);
        } else {
            return tokenIds((TokenIds) content, weight, limit);
        }
    }

    /**
     * The example without its last answer, as the model is asked it. Absent for plain text, token ids, and chats that don't
     * end with an assistant's words.
     *
     * @throws io.millrace.trainer.chat.ChatTemplateException if the template refuses the conversation
     */
    public Optional<Question> question(Content content) {
        if (content instanceof Completion completion) {
            int[] prompt = bos.plus(WeightedTokens.of(
                            tokenizer.encode(completion.prompt()).ids(), 0))
                    .ids();
            return Optional.of(new Question(prompt, completion.completion()));
        }
        if (content instanceof Chat chat && chat.messages().size() > 1) {
            int last = chat.messages().size() - 1;
            ChatMessage answer = chat.messages().get(last);
            if (answer.role().equals("assistant") && answer.content().isPresent()) {
                Chat asked = new Chat(chat.messages().subList(0, last), chat.tools());
                return Optional.of(new Question(prompt(asked), answer.content().get()));
            }
        }
        return Optional.empty();
    }

    /**
     * The conversation with the template's generation prompt: what the model continues with the assistant's next turn.
     *
     * @throws IllegalArgumentException if the model has no chat template or the text is not valid Unicode
     * @throws io.millrace.trainer.chat.ChatTemplateException if the template refuses the conversation
     */
    public int[] prompt(Chat chat) {
        ChatTemplate rendering = template.orElseThrow(() -> new IllegalArgumentException("messages " + NO_TEMPLATE));
        return tokenizer.encode(rendering.render(chat, true, templateVariables)).ids();
    }

    private Tokenized chat(Chat chat, float weight, LengthLimit limit) {
        for (int i = 0; i < chat.messages().size(); i++) {
            Optional<String> invalid = chat.messages().get(i).content().flatMap(InvalidText::in);
            if (invalid.isPresent()) {
                return new Tokenized.Refused("messages[%d].content".formatted(i), invalid.get());
            }
        }
        if (template.isEmpty()) {
            return new Tokenized.Refused("messages", NO_TEMPLATE);
        }
        TrainingText text = template.get().trainingText(chat, templateVariables);
        if (text instanceof TrainingText.Refused refused) {
            return new Tokenized.Refused("messages", refused.reason());
        }
        TrainingText.Located located = (TrainingText.Located) text;
        Optional<String> invalid = InvalidText.in(located.text());
        return invalid.isPresent()
                ? new Tokenized.Refused("messages", invalid.get())
                : spans(located.text(), located.trained(), weight)
                        .map(tokens -> finished("messages", tokens, limit))
                        .orElse(new Tokenized.Refused("messages", CROSSED));
    }

    private Tokenized completion(Completion example, float weight, LengthLimit limit) {
        Optional<String> invalidPrompt = InvalidText.in(example.prompt());
        if (invalidPrompt.isPresent()) {
            return new Tokenized.Refused("prompt", invalidPrompt.get());
        }
        Optional<String> invalid = InvalidText.in(example.completion());
        if (invalid.isPresent()) {
            return new Tokenized.Refused("completion", invalid.get());
        }
        String text = example.prompt() + example.completion();
        return spans(text, List.of(new Span(example.prompt().length(), text.length())), weight)
                .map(tokens -> bos.plus(tokens).plus(WeightedTokens.of(eos, weight)))
                .map(tokens -> finished("completion", tokens, limit))
                .orElse(new Tokenized.Refused("completion", CROSSED));
    }

    private Tokenized plainText(PlainText example, float weight, LengthLimit limit) {
        Optional<String> invalid = InvalidText.in(example.text());
        if (invalid.isPresent()) {
            return new Tokenized.Refused("text", invalid.get());
        }
        WeightedTokens tokens =
                WeightedTokens.of(tokenizer.encode(example.text()).ids(), weight);
        return finished("text", bos.plus(tokens).plus(WeightedTokens.of(eos, weight)), limit);
    }

    private Tokenized tokenIds(TokenIds example, float weight, LengthLimit limit) {
        int[] ids = example.ids().stream().mapToInt(Integer::intValue).toArray();
        float[] weights = new float[ids.length];
        for (int i = 0; i < ids.length; i++) {
            weights[i] = example.lossWeights().get(i) * weight;
        }
        return finished("ids", new WeightedTokens(ids, weights), limit);
    }

    /** The text's tokens, with loss on those within the spans; absent if a token lies across a span's border. */
    private Optional<WeightedTokens> spans(String text, List<Span> spans, float weight) {
        List<Integer> borders = spans.stream()
                .flatMap(span -> Stream.of(span.start(), span.end()))
                .toList();
        return BorderedText.encode(tokenizer, text, borders).map(encoding -> {
            float[] weights = new float[encoding.length()];
            for (int i = 0; i < weights.length; i++) {
                int start = encoding.starts()[i];
                boolean trained = spans.stream().anyMatch(span -> span.start() <= start && start < span.end());
                weights[i] = trained ? weight : 0;
            }
            return new WeightedTokens(encoding.ids(), weights);
        });
    }

    private Tokenized finished(String field, WeightedTokens all, LengthLimit limit) {
        for (int id : all.ids()) {
            if (id >= modelVocabulary) {
                return new Tokenized.Refused(
                        field, "has token id %d; the model has ids 0 to %d".formatted(id, modelVocabulary - 1));
            }
        }
        WeightedTokens tokens = all.trimmed();
        if (tokens.length() == 0) {
            return new Tokenized.Refused(field, "has no token to train on: the first of a text can't be predicted");
        }
        if (tokens.length() <= limit.maxTokens()) {
            return new Tokenized.Tokens(tokens.ids(), tokens.weights(), 0);
        }
        if (limit.overLong() == LengthLimit.OverLong.REFUSE) {
            return new Tokenized.Refused(
                    field,
                    "gives %d tokens, the adapter's max_tokens is %d; shorten it, raise max_tokens, or set over_long to cut"
                            .formatted(tokens.length(), limit.maxTokens()));
        }
        boolean startsWithBos = bos.length() == 1 && tokens.ids()[0] == bos.ids()[0];
        WeightedTokens cut = tokens.cut(limit.maxTokens(), startsWithBos ? 1 : 0);
        return new Tokenized.Tokens(cut.ids(), cut.weights(), tokens.length() - cut.length());
    }
}
