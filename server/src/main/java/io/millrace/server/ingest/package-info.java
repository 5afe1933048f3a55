/** IngestService: examples in, acknowledgements and progress out. */
@NullMarked
package io.millrace.server.ingest;

import org.jspecify.annotations.NullMarked;
