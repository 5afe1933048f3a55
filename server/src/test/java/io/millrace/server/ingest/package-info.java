@NullMarked
package io.millrace.server.ingest;

import org.jspecify.annotations.NullMarked;
