/** The gRPC server: hands examples to the trainer, and published checkpoints to whoever watches. */
@NullMarked
package io.millrace.server;

import org.jspecify.annotations.NullMarked;
