@NullMarked
package io.millrace.server.grpc;

import org.jspecify.annotations.NullMarked;
