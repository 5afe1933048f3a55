package io.millrace.server.scenario;

import io.millrace.server.TinyTrainer;
import io.millrace.trainer.example.Chat;
import io.millrace.trainer.example.StreamName;
import io.millrace.trainer.log.BoundBase;
import io.millrace.trainer.log.DataDirectory;
import io.millrace.trainer.log.LoggedExample;
import io.millrace.trainer.log.SqliteExampleLog;
import io.millrace.trainer.pipeline.Base;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** What is stored in a data directory that no process has open. */
final class LoggedTexts {
    private LoggedTexts() {}

    /** A stream's conversations by offset, which has no gaps. */
    static List<String> of(Path data, String stream) {
        StreamName name = StreamName.parse(stream);
        try (Base base = TinyTrainer.load();
                DataDirectory directory =
                        DataDirectory.open(data, BoundBase.dense(base.identity().digest()))) {
            return of(new SqliteExampleLog(directory, 1).read(name.adapter(), 0, Integer.MAX_VALUE, Long.MAX_VALUE));
        }
    }

    private static List<String> of(List<LoggedExample> examples) {
        for (int i = 0; i < examples.size(); i++) {
            if (examples.get(i).offset() != i) {
                throw new AssertionError("offset %d stands where %d is due"
                        .formatted(examples.get(i).offset(), i));
            }
        }
        return examples.stream().map(LoggedTexts::text).toList();
    }

    private static String text(LoggedExample logged) {
        Chat chat = (Chat) logged.example().content();
        return chat.messages().stream()
                .map(message -> message.role() + ": " + message.content().orElse(""))
                .collect(Collectors.joining(" "));
    }
}
