/** The search for the best part of a supernet: sizes of small modules in each block, chosen under a parameter budget. */
@NullMarked
package io.millrace.trainer.search;

import org.jspecify.annotations.NullMarked;
