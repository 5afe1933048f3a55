package io.millrace.trainer.peft;

import java.util.List;

/** Which linears an adapter changes, in the three ways that PEFT's {@code target_modules} knows. */
public sealed interface TargetModules {
    /** Every linear of the blocks, the output projection excepted: PEFT's {@code "all-linear"}. */
    record AllLinear() implements TargetModules {}

    /** Modules whose path is one of these or ends with a dot and one of these. */
    record Suffixes(List<String> suffixes) implements TargetModules {
        public Suffixes {
            suffixes = List.copyOf(suffixes);
            if (suffixes.isEmpty()) {
                throw new IllegalArgumentException("target_modules is empty; name at least one, or use all-linear");
            }
        }
    }

    /** Modules whose whole path matches the regular expression. */
    record Regex(String pattern) implements TargetModules {}
}
