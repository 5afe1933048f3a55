package io.millrace.trainer.chat;

import java.util.List;
import java.util.Map;

/**
 * A template ready to be rendered any number of times, by any number of threads.
 *
 * @param marksGeneration whether the template itself says what the model generates
 */
record ParsedTemplate(List<Statement> statements, boolean marksGeneration) {
    /** @throws ChatTemplateException if the template fails or exceeds the {@link Budget} */
    Rendered render(Map<String, Object> variables) {
        Frame frame = Frame.of(variables);
        try {
            Statement.runAll(statements, frame);
        } catch (StackOverflowError e) {
            // The budget bounds how deep a template nests; a list put into itself a thousand times over is found only
            // here.
            throw new ChatTemplateException("a value of the template is nested too deeply", e);
        }
        return frame.output().rendered();
    }
}
