@NullMarked
package io.millrace.client.cli;

import org.jspecify.annotations.NullMarked;
