@NullMarked
package io.millrace.trainer.pipeline;

import org.jspecify.annotations.NullMarked;
