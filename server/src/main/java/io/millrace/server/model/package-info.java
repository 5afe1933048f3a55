/** Finds a base model by what a user calls it, and fetches it when it isn't there. */
@NullMarked
package io.millrace.server.model;

import org.jspecify.annotations.NullMarked;
