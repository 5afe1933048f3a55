/** {@code millrace compare}: what the methods of fine-tuning cost and give, measured. */
@NullMarked
package io.millrace.server.compare;

import org.jspecify.annotations.NullMarked;
