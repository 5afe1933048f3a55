@NullMarked
package io.millrace.server.compare;

import org.jspecify.annotations.NullMarked;
