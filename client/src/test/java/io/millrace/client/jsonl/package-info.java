@NullMarked
package io.millrace.client.jsonl;

import org.jspecify.annotations.NullMarked;
