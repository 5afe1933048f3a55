package io.millrace.trainer.chat;

import java.util.List;

/** A template with its tools and variables: renders any part of a conversation. */
@FunctionalInterface
interface ChatRenderer {
    /** @throws ChatTemplateException if the template refuses or fails */
    Rendered render(List<Dict> messages, boolean addGenerationPrompt);
}
