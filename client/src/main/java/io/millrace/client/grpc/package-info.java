@NullMarked
package io.millrace.client.grpc;

import org.jspecify.annotations.NullMarked;
