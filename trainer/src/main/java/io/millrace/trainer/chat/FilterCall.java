package io.millrace.trainer.chat;

/** A filter as it is written after a {@code |}. */
record FilterCall(String name, CallArguments arguments) {
    Object apply(Object value, Frame frame) {
        frame.budget().read(value);
        return frame.budget().made(Filters.named(name).apply(value, arguments.evaluate(name, frame)));
    }
}
