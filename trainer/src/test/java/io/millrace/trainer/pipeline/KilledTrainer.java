package io.millrace.trainer.pipeline;

import java.nio.file.Path;

/** A process that trains until it is killed. */
final class KilledTrainer {
    private KilledTrainer() {}

    /** @param arguments the data directory, and after how many commits to end as if by kill -9 */
    public static void main(String[] arguments) {
        int commits = Integer.parseInt(arguments[1]);
        OnlineTrainer trainer = TinyModel.open(Path.of(arguments[0]), TinyModel.load());
        trainer.resume(TinyModel.ADAPTER).block();
        trainer.commits(TinyModel.ADAPTER).skip(commits).blockFirst(TinyModel.PATIENCE);
        Runtime.getRuntime().halt(137);
    }
}
