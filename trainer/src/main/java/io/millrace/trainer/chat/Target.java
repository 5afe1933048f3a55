package io.millrace.trainer.chat;

import java.util.List;

/** What a value can be assigned to. */
sealed interface Target {
    void assign(Frame frame, Object value);

    record Variable(String name) implements Target {
        @Override
        public void assign(Frame frame, Object value) {
            frame.set(name, value);
        }
    }

    /** {@code ns.x}: only namespaces can be changed. */
    record NamespaceAttribute(String namespace, String name) implements Target {
        @Override
        public void assign(Frame frame, Object value) {
            if (!(frame.get(namespace) instanceof Namespace variables)) {
                throw new ChatTemplateException(
                        "cannot assign attribute '%s' on '%s', which is no namespace".formatted(name, namespace));
            }
            variables.set(name, value);
        }
    }

    record Several(List<Target> targets) implements Target {
        @Override
        public void assign(Frame frame, Object value) {
            List<Object> values = Values.items(value);
            if (values.size() != targets.size()) {
                throw new ChatTemplateException(
                        "%d values can't be unpacked into %d names".formatted(values.size(), targets.size()));
            }
            for (int i = 0; i < values.size(); i++) {
                targets.get(i).assign(frame, values.get(i));
            }
        }
    }
}
