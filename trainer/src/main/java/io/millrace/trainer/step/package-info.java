@NullMarked
package io.millrace.trainer.step;

import org.jspecify.annotations.NullMarked;
