@NullMarked
package io.millrace.trainer.example;

import org.jspecify.annotations.NullMarked;
