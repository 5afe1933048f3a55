@NullMarked
package io.millrace.server.checkpoint;

import org.jspecify.annotations.NullMarked;
