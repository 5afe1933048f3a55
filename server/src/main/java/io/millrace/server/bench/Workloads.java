package io.millrace.server.bench;

import io.millrace.trainer.example.Example;
import io.millrace.trainer.pipeline.Base;
import java.util.List;

/** All that speed is measured with. */
final class Workloads {
    private Workloads() {}

    /**
     * @param chats at least eight
     * @throws io.millrace.client.cli.BadDataException if they are fewer or no chats
     */
    static List<Workload> of(Base base, List<Example> chats) {
        int vocabulary = base.model().config().vocabularySize();
        ChatBatches batches = new ChatBatches(base, chats);
        return List.of(
                Workload.dense("dense_8x64", 8, 64, vocabulary),
                Workload.dense("dense_4x256", 4, 256, vocabulary),
                batches.ragged(),
                batches.sharedPrompt());
    }
}
