/** {@code millrace bench}: measures on the machine that it runs on. */
@NullMarked
package io.millrace.server.bench;

import org.jspecify.annotations.NullMarked;
