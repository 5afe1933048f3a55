@NullMarked
package io.millrace.trainer.scenario;

import org.jspecify.annotations.NullMarked;
