@NullMarked
package io.millrace.server.adapter;

import org.jspecify.annotations.NullMarked;
