@NullMarked
package io.millrace.trainer.tokenizer;

import org.jspecify.annotations.NullMarked;
