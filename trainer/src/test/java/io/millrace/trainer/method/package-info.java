@NullMarked
package io.millrace.trainer.method;

import org.jspecify.annotations.NullMarked;
