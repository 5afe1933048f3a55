/** JMH benchmarks of single parts. */
@NullMarked
package io.millrace.trainer.benchmark;

import org.jspecify.annotations.NullMarked;
