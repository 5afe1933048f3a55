/** CheckpointService: published revisions and their files out. */
@NullMarked
package io.millrace.server.checkpoint;

import org.jspecify.annotations.NullMarked;
