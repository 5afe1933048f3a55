@NullMarked
package io.millrace.trainer.chat;

import org.jspecify.annotations.NullMarked;
