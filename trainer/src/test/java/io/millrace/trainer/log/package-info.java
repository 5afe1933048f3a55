@NullMarked
package io.millrace.trainer.log;

import org.jspecify.annotations.NullMarked;
