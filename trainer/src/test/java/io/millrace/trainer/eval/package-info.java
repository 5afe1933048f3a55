@NullMarked
package io.millrace.trainer.eval;

import org.jspecify.annotations.NullMarked;
