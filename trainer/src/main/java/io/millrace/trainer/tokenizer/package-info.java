/** Text to tokens, and examples to tokens with loss weights. */
@NullMarked
package io.millrace.trainer.tokenizer;

import org.jspecify.annotations.NullMarked;
