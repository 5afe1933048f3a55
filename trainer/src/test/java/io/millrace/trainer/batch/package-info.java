@NullMarked
package io.millrace.trainer.batch;

import org.jspecify.annotations.NullMarked;
