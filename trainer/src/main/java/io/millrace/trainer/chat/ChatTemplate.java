package io.millrace.trainer.chat;

import io.millrace.trainer.example.Chat;
import io.millrace.trainer.example.ChatMessage;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A model's chat template in Jinja, rendered byte for byte as transformers' {@code apply_chat_template} does. It is parsed
 * once and can be rendered any number of times, from any thread. What a render may use is bounded; what a message says is
 * text and never evaluated.
 */
public final class ChatTemplate {
    private static final int MESSAGES = 10_000;

    private final ParsedTemplate template;
    private final Map<String, Object> globals;

    private ChatTemplate(ParsedTemplate template, Clock clock) {
        this.template = template;
        this.globals = Globals.all(clock);
    }

    /**
     * A template whose {@code strftime_now} tells the system's time.
     *
     * @throws ChatTemplateException if the text is no template this renderer understands (message: line, what, where)
     */
    public static ChatTemplate of(String source) {
        return of(source, Clock.systemDefaultZone());
    }

    /**
     * @param clock for {@code strftime_now}
     * @throws ChatTemplateException if the text is no template this renderer understands (message: line, what, where)
     */
    public static ChatTemplate of(String source, Clock clock) {
        return new ChatTemplate(TemplateParser.parse(source), clock);
    }

    /**
     * @param messages as JSON values, each with {@code role} and {@code content}
     * @param tools tool definitions as JSON values; to the template an empty list is none, as where transformers is given none
     * @param variables such as {@code bos_token}, {@code eos_token}, {@code date_string}, as JSON values
     * @throws ChatTemplateException if the template refuses (raise_exception) or fails
     */
    public String render(
            List<Map<String, Object>> messages,
            List<Map<String, Object>> tools,
            boolean addGenerationPrompt,
            Map<String, Object> variables) {
        return renderer(tools, variables)
                .render(messages(messages), addGenerationPrompt)
                .text()
                .value();
    }

    /** @throws ChatTemplateException if the template refuses (raise_exception) or fails */
    public String render(Chat chat, boolean addGenerationPrompt, Map<String, Object> variables) {
        return render(maps(chat), chat.tools(), addGenerationPrompt, variables);
    }

    /** The text of a whole conversation and where loss lies in it. */
    public TrainingText trainingText(Chat chat, Map<String, Object> variables) {
        return trainingText(maps(chat), chat.tools(), variables);
    }

    /** The same for messages whose content may be any JSON value. */
    TrainingText trainingText(
            List<Map<String, Object>> messages, List<Map<String, Object>> tools, Map<String, Object> variables) {
        try {
            ChatRenderer renderer = renderer(tools, variables);
            List<Dict> turns = messages(messages);
            return template.marksGeneration()
                    ? markedText(renderer.render(turns, false))
                    : new TurnLocator(renderer, turns, eosToken(variables)).locate();
        } catch (ChatTemplateException e) {
            return new TrainingText.Refused(String.valueOf(e.getMessage()));
        }
    }

    private ChatRenderer renderer(List<Map<String, Object>> tools, Map<String, Object> variables) {
        Map<String, Object> given = new HashMap<>(globals);
        variables.forEach((name, value) -> given.put(name, JsonValues.of(value)));
        given.put("tools", JsonValues.of(tools.isEmpty() ? null : tools));
        given.put("documents", None.NONE);
        return (messages, addGenerationPrompt) -> {
            Map<String, Object> all = new HashMap<>(given);
            all.put("messages", new ArrayList<Object>(messages));
            all.put("add_generation_prompt", addGenerationPrompt);
            return template.render(all);
        };
    }

    private static List<Dict> messages(List<Map<String, Object>> messages) {
        if (messages.size() > MESSAGES) {
            throw new ChatTemplateException(
                    "the chat has %,d messages; at most %,d can be rendered".formatted(messages.size(), MESSAGES));
        }
        List<Dict> dicts = new ArrayList<>(messages.size());
        for (Map<String, Object> message : messages) {
            dicts.add(JsonValues.message(message, dicts.size() + 1));
        }
        return dicts;
    }

    private static List<Map<String, Object>> maps(Chat chat) {
        return chat.messages().stream().map(ChatTemplate::asMap).toList();
    }

    private static Map<String, Object> asMap(ChatMessage message) {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        map.put("role", message.role());
        map.put("content", message.content().orElse(null));
        map.putAll(message.fields());
        return map;
    }

    private static TrainingText markedText(Rendered rendered) {
        return rendered.generated().isEmpty()
                ? new TrainingText.Refused("the template's {% generation %} blocks mark nothing in this chat")
                : new TrainingText.Located(rendered.value(), rendered.generated());
    }

    private static Optional<String> eosToken(Map<String, Object> variables) {
        return variables.get("eos_token") instanceof String eos && !eos.isEmpty() ? Optional.of(eos) : Optional.empty();
    }
}
