@NullMarked
package io.millrace.trainer.model;

import org.jspecify.annotations.NullMarked;
