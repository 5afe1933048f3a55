/** AdapterService: creates, changes and removes adapters. */
@NullMarked
package io.millrace.server.adapter;

import org.jspecify.annotations.NullMarked;
