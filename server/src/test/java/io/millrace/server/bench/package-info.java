@NullMarked
package io.millrace.server.bench;

import org.jspecify.annotations.NullMarked;
