@NullMarked
package io.millrace.trainer.search;

import org.jspecify.annotations.NullMarked;
