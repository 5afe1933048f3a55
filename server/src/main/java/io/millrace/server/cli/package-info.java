/** The command line: {@code millrace} and its {@code serve}. */
@NullMarked
package io.millrace.server.cli;

import org.jspecify.annotations.NullMarked;
