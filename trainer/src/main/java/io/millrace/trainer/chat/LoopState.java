package io.millrace.trainer.chat;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The {@code loop} of a {@code for}: where it stands among its items. */
final class LoopState {
    private final List<Object> items;
    private final int depth;
    private final Function.Body recursion;
    private int index = -1;
    private @Nullable Object changing;

    /**
     * @param depth how many loops of the same recursive {@code for} are around it
     * @param recursion what {@code loop(items)} does
     */
    LoopState(List<Object> items, int depth, Function.Body recursion) {
        this.items = items;
        this.depth = depth;
        this.recursion = recursion;
    }

    void advance() {
        index++;
    }

    Object call(Arguments arguments) {
        return recursion.call(arguments);
    }

    Object attribute(String name) {
        return switch (name) {
            case "index" -> index + 1L;
            case "index0" -> (long) index;
            case "revindex" -> (long) items.size() - index;
            case "revindex0" -> items.size() - index - 1L;
            case "first" -> index == 0;
            case "last" -> index == items.size() - 1;
            case "length" -> (long) items.size();
            case "depth" -> depth + 1L;
            case "depth0" -> (long) depth;
            case "previtem" -> neighbour(index - 1, "there is no previous item");
            case "nextitem" -> neighbour(index + 1, "there is no next item");
            case "cycle" -> new Function("<bound method LoopContext.cycle>", this::cycle);
            case "changed" -> new Function("<bound method LoopContext.changed>", this::changed);
            default -> new Undefined("'loop' has no attribute '%s'".formatted(name));
        };
    }

    private Object neighbour(int position, String otherwise) {
        return position >= 0 && position < items.size() ? items.get(position) : new Undefined(otherwise);
    }

    private Object cycle(Arguments arguments) {
        List<Object> choices = arguments.positional();
        if (choices.isEmpty()) {
            throw new ChatTemplateException("no items for cycling given");
        }
        return choices.get(index % choices.size());
    }

    private Object changed(Arguments arguments) {
        Object now = arguments.positional();
        boolean differs = changing == null || !Comparing.equal(changing, now);
        changing = now;
        return differs;
    }
}
