/** What the services share: how resources are named on the wire, and how failures are told. */
@NullMarked
package io.millrace.server.api;

import org.jspecify.annotations.NullMarked;
