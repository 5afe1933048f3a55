package io.millrace.trainer.model;

import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Puts {@code hooks.py} together: each line that begins with EACH calls the fragments that have the function it names. */
final class Hooks {
    private static final Pattern EACH = Pattern.compile("(?m)^  EACH ([\\w.]+): (.*)METHOD\\.(\\w+)(.*)$");

    private Hooks() {}

    /** @param fragments program texts by name, in the order in which they are to be called */
    static String of(String hooks, Map<String, String> fragments) {
        return EACH.matcher(hooks).replaceAll(line -> Matcher.quoteReplacement(calls(line, fragments)));
    }

    private static String calls(MatchResult line, Map<String, String> fragments) {
        String calls = fragments.entrySet().stream()
                .filter(fragment -> fragment.getValue().contains("\ndef " + line.group(3) + "("))
                .map(fragment -> "  if \"%s\" in %s:\n    %smethods.%s.%s%s"
                        .formatted(
                                fragment.getKey(),
                                line.group(1),
                                line.group(2),
                                fragment.getKey(),
                                line.group(3),
                                line.group(4)))
                .collect(Collectors.joining("\n"));
        return calls.isEmpty() ? "  pass" : calls;
    }
}
