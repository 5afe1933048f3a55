/** Whole stories: real servers, real processes, the client library. */
@NullMarked
package io.millrace.server.scenario;

import org.jspecify.annotations.NullMarked;
