/** What commands have in common: which model, which examples, how well they are answered, a server in a process of its own. */
@NullMarked
package io.millrace.server.command;

import org.jspecify.annotations.NullMarked;
