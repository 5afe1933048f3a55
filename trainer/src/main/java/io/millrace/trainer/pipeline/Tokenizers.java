package io.millrace.trainer.pipeline;

import io.millrace.trainer.chat.ChatTemplate;
import io.millrace.trainer.model.ModelFiles;
import io.millrace.trainer.tokenizer.ExampleTokenizer;
import io.millrace.trainer.tokenizer.SpecialTokens;
import io.millrace.trainer.tokenizer.TextTokenizer;

/** A model's tokenizer, for texts and for examples. */
record Tokenizers(TextTokenizer texts, ExampleTokenizer examples) implements AutoCloseable {
    /**
     * @throws io.millrace.trainer.tokenizer.TokenizerFormatException if the tokenizer can't be used
     * @throws io.millrace.trainer.chat.ChatTemplateException if the chat template can't be understood
     */
    static Tokenizers of(ModelFiles files) {
        TextTokenizer texts = files.tokenizerJson()
                .map(TextTokenizer::of)
                .orElseGet(() -> TextTokenizer.ofGguf(files.ggufMetadata()));
        try {
            SpecialTokens special = files.ggufMetadata().isEmpty()
                    ? SpecialTokens.of(files.tokenizerConfig())
                    : SpecialTokens.ofGguf(files.ggufMetadata());
            return new Tokenizers(
                    texts,
                    new ExampleTokenizer(
                            texts,
                            special,
                            files.chatTemplate().map(ChatTemplate::of),
                            files.config().vocabularySize()));
        } catch (RuntimeException e) {
            texts.close();
            throw e;
        }
    }

    @Override
    public void close() {
        texts.close();
    }
}
