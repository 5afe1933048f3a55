package io.millrace.trainer.tokenizer;

import io.millrace.trainer.chat.ChatTemplate;
import io.millrace.trainer.chat.Span;
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
import java.util.OptionalInt;
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
    private static final String CROSSED =
            "can't be tokenised so that its answers start and end between tokens; put the blanks at an answer's border on its other side";

    private final TextTokenizer tokenizer;
    private final Preparation preparation;
    private final int modelVocabulary;
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
        this.preparation = new Preparation(template, variables(special));
        this.modelVocabulary = modelVocabulary;
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
        if (example.content() instanceof TokenIds tokenIds) {
            return tokenIds(tokenIds, example.weight(), limit);
        }
        Prepared prepared = prepare(example.content());
        return prepared instanceof Prepared.Text text
                ? tokenize(text, example.weight(), limit)
                : ((Prepared.Unusable) prepared).refused();
    }

    /**
     * Why the example can't be trained on, if it can't: as {@link #tokenize} says, but without tokenising where the text's
     * length tells that it can.
     */
    public Optional<Tokenized.Refused> refusal(Example example, LengthLimit limit) {
        if (!(example.content() instanceof TokenIds) && prepare(example.content()) instanceof Prepared.Text text) {
            return fitsForSure(text, limit) ? Optional.empty() : refusal(tokenize(text, example.weight(), limit));
        }
        return refusal(tokenize(example, limit));
    }

    private static Optional<Tokenized.Refused> refusal(Tokenized tokenized) {
        return tokenized instanceof Tokenized.Refused refused ? Optional.of(refused) : Optional.empty();
    }

    private Prepared prepare(Content content) {
        if (content instanceof Chat chat) {
            return preparation.chat(chat);
        }
        return content instanceof Completion completion
                ? preparation.completion(completion)
                : preparation.plainText((PlainText) content);
    }

    /** Whether all its tokens are the model's, one of them can be trained, and there are not too many of them. */
    private boolean fitsForSure(Prepared.Text text, LengthLimit limit) {
        OptionalInt most = tokenizer.mostTokens(text.text());
        boolean trains = text.enclosed()
                ? bos.length() + eos.length > 0
                : text.trained().get(0).start() > 0;
        return most.isPresent()
                && trains
                && tokenizer.vocabularySize() <= modelVocabulary
                && (limit.overLong() == LengthLimit.OverLong.CUT
                        || most.getAsInt() + bos.length() + eos.length <= limit.maxTokens());
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
        ChatTemplate rendering = preparation
                .template()
                .orElseThrow(() -> new IllegalArgumentException("messages " + Preparation.NO_TEMPLATE));
        return tokenizer
                .encode(rendering.render(chat, true, preparation.variables()))
                .ids();
    }

    private Tokenized tokenize(Prepared.Text text, float weight, LengthLimit limit) {
        return spans(text.text(), text.trained(), weight)
                .map(tokens -> text.enclosed() ? bos.plus(tokens).plus(WeightedTokens.of(eos, weight)) : tokens)
                .map(tokens -> finished(text.field(), tokens, limit))
                .orElse(new Tokenized.Refused(text.field(), CROSSED));
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
