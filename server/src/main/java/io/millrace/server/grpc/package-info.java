/** gRPC calls as reactive streams: demand becomes flow control, cancellation travels both ways, nothing is buffered. */
@NullMarked
package io.millrace.server.grpc;

import org.jspecify.annotations.NullMarked;
