@NullMarked
package io.millrace.trainer.peft;

import org.jspecify.annotations.NullMarked;
