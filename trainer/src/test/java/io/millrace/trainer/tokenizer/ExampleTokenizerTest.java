package io.millrace.trainer.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.trainer.Reference;
import io.millrace.trainer.chat.ChatTemplate;
import io.millrace.trainer.example.Chat;
import io.millrace.trainer.example.ChatMessage;
import io.millrace.trainer.example.Completion;
import io.millrace.trainer.example.Content;
import io.millrace.trainer.example.Example;
import io.millrace.trainer.example.PlainText;
import io.millrace.trainer.example.TokenIds;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class ExampleTokenizerTest {
    private static final int BOS = 1;
    private static final int EOS = 2;
    private static final LengthLimit ROOMY = new LengthLimit(200, LengthLimit.OverLong.REFUSE);
    private static final TextTokenizer TEXT = TextTokenizer.of(Reference.copy().resolve("tiny-llama/tokenizer.json"));
    private static final ChatTemplate TEMPLATE = ChatTemplate.of(
            "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>' + '\n' }}{% endfor %}"
                    + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}");
    private static final Chat CHAT = Chat.of(
            ChatMessage.of("user", "Hi"),
            ChatMessage.of("assistant", "Hello."),
            ChatMessage.of("user", "How?"),
            ChatMessage.of("assistant", "Fine."));

    private final ExampleTokenizer tokenizer = tokenizer(false);

    @AfterAll
    static void close() {
        TEXT.close();
    }

    @Test
    void chat_hasLossOnTheAssistantsTurnsWithTheirEnd() {
        Tokenized.Tokens tokens = tokens(CHAT);
        assertThat(trained(tokens)).isEqualTo("Hello.<|im_end|>Fine.<|im_end|>");
        assertThat(TEXT.decode(tokens.ids(), false))
                .startsWith("<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello.")
                .endsWith("Fine.<|im_end|>");
    }

    @Test
    void chatThatEndsWithAQuestion_leavesItOut() {
        Chat chat = Chat.of(
                ChatMessage.of("user", "Hi"), ChatMessage.of("assistant", "Hello."), ChatMessage.of("user", "How?"));
        Tokenized.Tokens tokens = tokens(chat);
        assertThat(TEXT.decode(tokens.ids(), false)).endsWith("Hello.<|im_end|>");
    }

    @Test
    void chatsTokensBeforeTheAnswer_areThePromptsTokens() {
        String merging = "\n\nOne line.";
        Chat chat = Chat.of(ChatMessage.of("user", "Hi"), ChatMessage.of("assistant", merging));
        Tokenized.Tokens tokens = tokens(chat);
        int[] prompt = tokenizer.question(chat).orElseThrow().prompt();
        assertThat(tokens.ids()).startsWith(prompt);
        assertThat(trained(tokens)).isEqualTo(merging + "<|im_end|>");
    }

    @Test
    void completion_hasLossOnItAndItsEnd() {
        Tokenized.Tokens tokens = tokens(new Completion("What is", " the window?"));
        assertThat(trained(tokens)).isEqualTo(" the window?<|im_end|>");
        assertThat(tokens.ids()).startsWith(TEXT.encode("What is").ids());
    }

    @Test
    void completionThatWouldMergeWithThePrompt_staysApart() {
        Tokenized.Tokens tokens = tokens(new Completion("in ", "the"));
        assertThat(tokens.ids()).startsWith(TEXT.encode("in ").ids());
        assertThat(trained(tokens)).isEqualTo("the<|im_end|>");
    }

    @Test
    void plainText_hasLossOnAllButTheFirst() {
        Tokenized.Tokens tokens = tokens(new PlainText("the window"));
        assertThat(tokens.ids()).startsWith(TEXT.encode("the window").ids()).endsWith(EOS);
        assertThat(tokens.lossWeights()[0]).isZero();
        assertThat(Arrays.copyOfRange(tokens.lossWeights(), 1, tokens.ids().length))
                .containsOnly(1);
    }

    @Test
    void modelThatAddsBos_getsItInFrontOfTextsButNotOfChats() {
        ExampleTokenizer adding = tokenizer(true);
        assertThat(tokens(adding, new PlainText("window")).ids()).startsWith(BOS);
        assertThat(tokens(adding, new PlainText("window")).lossWeights()).startsWith(0, 1);
        assertThat(tokens(adding, new Completion("", "window")).ids()).startsWith(BOS);
        assertThat(adding.question(new Completion("in", "window")).orElseThrow().prompt())
                .startsWith(BOS);
        assertThat(tokens(adding, CHAT).ids()).isEqualTo(tokens(CHAT).ids());
    }

    @Test
    void refusal_isWhatTokenisingSays_howeverLongTheExample() {
        for (LengthLimit.OverLong overLong : LengthLimit.OverLong.values()) {
            LengthLimit limit = new LengthLimit(40, overLong);
            for (int words = 0; words < 60; words++) {
                String text = "a 中 the ".repeat(words) + "x";
                for (Content content : List.of(
                        new PlainText(text),
                        new Completion(text, text),
                        new Completion("", text),
                        Chat.of(ChatMessage.of("user", text), ChatMessage.of("assistant", "x")),
                        Chat.of(ChatMessage.of("user", text)),
                        new TokenIds(Collections.nCopies(words + 2, 5), Collections.nCopies(words + 2, 1f)))) {
                    for (ExampleTokenizer each : List.of(tokenizer, tokenizer(true))) {
                        Tokenized tokenized = each.tokenize(Example.of(content), limit);
                        assertThat(each.refusal(Example.of(content), limit))
                                .isEqualTo(
                                        tokenized instanceof Tokenized.Refused refused
                                                ? Optional.of(refused)
                                                : Optional.empty());
                    }
                }
            }
        }
    }

    @Test
    void weight_scalesTheLoss() {
        Example example = new Example(
                new TokenIds(List.of(5, 6, 7), List.of(1f, 0.5f, 2f)), 3, Optional.empty(), List.of(), false);
        Tokenized.Tokens tokens = (Tokenized.Tokens) tokenizer.tokenize(example, ROOMY);
        assertThat(tokens.ids()).containsExactly(5, 6, 7);
        assertThat(tokens.lossWeights()).containsExactly(0, 1.5f, 6);
    }

    @Test
    void tokenBeyondTheModelsVocabulary_isRefused() {
        assertRefused(
                new TokenIds(List.of(5, 320), List.of(1f, 1f)),
                ROOMY,
                "ids",
                "token id 320; the model has ids 0 to 319");
    }

    @Test
    void exampleWithoutATrainedToken_isRefused() {
        assertRefused(new TokenIds(List.of(5, 6), List.of(1f, 0f)), ROOMY, "ids", "no token to train on");
        assertRefused(Chat.of(ChatMessage.of("user", "Hi")), ROOMY, "messages", "assistant");
    }

    @Test
    void textThatIsNotUnicode_isRefusedByField() {
        assertRefused(new PlainText("a\ud83d"), ROOMY, "text", "lone surrogate");
        assertRefused(new Completion("\ud83d", "b"), ROOMY, "prompt", "lone surrogate");
        assertRefused(new Completion("a", "b\0"), ROOMY, "completion", "NUL");
        assertRefused(
                Chat.of(ChatMessage.of("user", "Hi"), ChatMessage.of("assistant", "\ude42")),
                ROOMY,
                "messages[1].content",
                "lone surrogate");
    }

    @Test
    void chatForAModelWithoutTemplate_isRefused() {
        ExampleTokenizer plain = new ExampleTokenizer(TEXT, special(false), Optional.empty(), 320);
        assertThat(plain.tokenize(Example.of(CHAT), ROOMY))
                .isInstanceOfSatisfying(
                        Tokenized.Refused.class,
                        refused -> assertThat(refused.reason()).contains("no chat template"));
        assertThatThrownBy(() -> plain.prompt(CHAT)).hasMessageContaining("no chat template");
    }

    @Test
    void overLongExample_isRefusedNamingItsLength() {
        LengthLimit limit = new LengthLimit(8, LengthLimit.OverLong.REFUSE);
        int length = tokens(CHAT).ids().length;
        assertRefused(CHAT, limit, "messages", "gives %d tokens, the adapter's max_tokens is 8".formatted(length));
    }

    @Test
    void overLongChat_isCutToItsLastAnswerAndCounted() {
        int length = tokens(CHAT).ids().length;
        int answer = TEXT.encode("Fine.<|im_end|>").length();
        LengthLimit limit = new LengthLimit(answer + 4, LengthLimit.OverLong.CUT);
        Tokenized.Tokens cut = (Tokenized.Tokens) tokenizer.tokenize(Example.of(CHAT), limit);
        assertThat(cut.ids()).hasSize(answer + 4);
        assertThat(cut.cutTokens()).isEqualTo(length - answer - 4);
        assertThat(trained(cut)).isEqualTo("Fine.<|im_end|>");
    }

    @Test
    void overLongText_losesItsEnd() {
        String text = "the window of the return is the window";
        LengthLimit limit = new LengthLimit(8, LengthLimit.OverLong.CUT);
        Tokenized.Tokens cut = (Tokenized.Tokens) tokenizer(true).tokenize(Example.of(new PlainText(text)), limit);
        assertThat(cut.ids()).startsWith(BOS);
        assertThat(text).startsWith(TEXT.decode(cut.ids(), true));
        assertThat(cut.ids()).hasSize(8);
    }

    @Test
    void question_isTheExampleWithoutItsLastAnswer() {
        Question question = tokenizer.question(CHAT).orElseThrow();
        assertThat(question.answer()).isEqualTo("Fine.");
        assertThat(TEXT.decode(question.prompt(), false)).endsWith("How?<|im_end|>\n<|im_start|>assistant\n");
        assertThat(tokenizer.question(new PlainText("a"))).isEmpty();
        assertThat(tokenizer.question(Chat.of(ChatMessage.of("user", "Hi")))).isEmpty();
        assertThat(tokenizer.question(new Completion("in", " the")).orElseThrow())
                .satisfies(asked ->
                        assertThat(asked.prompt()).isEqualTo(TEXT.encode("in").ids()))
                .satisfies(asked -> assertThat(asked.answer()).isEqualTo(" the"));
    }

    @Test
    void specialTokenOutsideOfTheVocabulary_isRefused() {
        SpecialTokens special =
                new SpecialTokens(Optional.empty(), Optional.of("</nowhere>"), Optional.empty(), Optional.empty());
        assertThatThrownBy(() -> new ExampleTokenizer(TEXT, special, Optional.empty(), 320))
                .isInstanceOf(TokenizerFormatException.class)
                .hasMessageContaining("eos_token is \"</nowhere>\"");
    }

    private static ExampleTokenizer tokenizer(boolean addsBos) {
        return new ExampleTokenizer(TEXT, special(addsBos), Optional.of(TEMPLATE), 320);
    }

    private static SpecialTokens special(boolean addsBos) {
        return new SpecialTokens(
                Optional.of("<|im_start|>"), Optional.of("<|im_end|>"), Optional.empty(), Optional.of(addsBos));
    }

    private Tokenized.Tokens tokens(Content content) {
        return tokens(tokenizer, content);
    }

    private static Tokenized.Tokens tokens(ExampleTokenizer tokenizer, Content content) {
        return (Tokenized.Tokens) tokenizer.tokenize(Example.of(content), ROOMY);
    }

    private static String trained(Tokenized.Tokens tokens) {
        int[] ids = IntStream.range(0, tokens.ids().length)
                .filter(i -> tokens.lossWeights()[i] > 0)
                .map(i -> tokens.ids()[i])
                .toArray();
        return TEXT.decode(ids, false);
    }

    private void assertRefused(Content content, LengthLimit limit, String field, String reason) {
        assertThat(tokenizer.tokenize(Example.of(content), limit))
                .isInstanceOfSatisfying(Tokenized.Refused.class, refused -> {
                    assertThat(refused.field()).isEqualTo(field);
                    assertThat(refused.reason()).contains(reason);
                });
    }
}
