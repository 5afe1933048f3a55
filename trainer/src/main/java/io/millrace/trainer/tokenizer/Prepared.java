package io.millrace.trainer.tokenizer;

import io.millrace.trainer.chat.Span;
import java.util.List;

/** An example before its text is tokenised. */
sealed interface Prepared {
    /**
     * @param field the example's field that the text comes from
     * @param trained stretches of the text that the loss is on; at least one, none of them empty
     * @param enclosed whether bos comes in front and eos after it, with loss on eos
     */
    record Text(String field, String text, List<Span> trained, boolean enclosed) implements Prepared {}

    record Unusable(Tokenized.Refused refused) implements Prepared {
        static Unusable because(String field, String reason) {
            return new Unusable(new Tokenized.Refused(field, reason));
        }
    }
}
