@NullMarked
package io.millrace.trainer.checkpoint;

import org.jspecify.annotations.NullMarked;
