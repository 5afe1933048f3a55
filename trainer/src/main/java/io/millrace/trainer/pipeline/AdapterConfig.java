package io.millrace.trainer.pipeline;

import io.millrace.trainer.method.MethodConfig;
import io.millrace.trainer.method.Methods;
import io.millrace.trainer.method.Traits;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.tokenizer.LengthLimit;
import java.time.Duration;

/**
 * How an adapter is trained. Each default is a product decision, explained in README's table.
 *
 * @param method what is trained
 * @param optimizer rate, decay, clipping
 * @param batch when a step is taken
 * @param examples what becomes of examples that are too long, and how many are held out or replayed
 * @param harmTolerance median loss (nats per token) that a revision may add on examples known to the one before it
 * @param commitEvery training time between commits
 */
public record AdapterConfig(
        MethodConfig method,
        Optimizer optimizer,
        Batch batch,
        Examples examples,
        double harmTolerance,
        Duration commitEvery) {
    /** For a model on a CPU. */
    public static final AdapterConfig DEFAULT = new AdapterConfig(
            Methods.DEFAULT,
            Optimizer.usual(Methods.named(Methods.DEFAULT.method()).traits()),
            new Batch(8, 2048, 512, Duration.ofMillis(500)),
            new Examples(new LengthLimit(1024, LengthLimit.OverLong.REFUSE), 0.05, 128, 0.05, 0.25),
            0.5,
            Duration.ofSeconds(30));

    public AdapterConfig {
        require(harmTolerance >= 0, "harm_tolerance", harmTolerance, "0 or more nats per token");
        require(commitEvery.toMillis() >= 100, "commit_every_ms", commitEvery.toMillis(), "at least 100");
    }

    /** The defaults for a model: passes have the length that suits its device. */
    public static AdapterConfig defaults(BaseModel model) {
        Batch batch = DEFAULT.batch;
        return new AdapterConfig(
                DEFAULT.method,
                DEFAULT.optimizer,
                new Batch(batch.sequences, batch.tokens, model.passTokens(), batch.flushAfter),
                DEFAULT.examples,
                DEFAULT.harmTolerance,
                DEFAULT.commitEvery);
    }

    /** The same with another method. */
    AdapterConfig with(MethodConfig other) {
        return new AdapterConfig(other, optimizer, batch, examples, harmTolerance, commitEvery);
    }

    /**
     * AdamW, with a rate that is constant after the warm-up.
     *
     * @param learningRate at 4 or more sequences per step; less for smaller steps, see {@link LearningRate}
     * @param loraPlusRatio by what B's rate is larger than A's (LoRA+); 1: it isn't
     * @param warmupSteps steps in which the rate rises from 0, at the start and again after a detected shift
     * @param maxGradientNorm global norm that gradients are clipped to
     * @param averageDecay of the moving average of the weights, which is what is judged and published; 0: the weights are
     */
    public record Optimizer(
            double learningRate,
            double loraPlusRatio,
            int warmupSteps,
            double weightDecay,
            double maxGradientNorm,
            double averageDecay) {
        public Optimizer {
            require(learningRate > 0 && learningRate <= 1, "learning_rate", learningRate, "above 0, at most 1");
            require(loraPlusRatio >= 1 && loraPlusRatio <= 100, "loraplus_lr_ratio", loraPlusRatio, "1 to 100");
            require(warmupSteps >= 0, "warmup_steps", warmupSteps, "0 or more");
            require(weightDecay >= 0 && weightDecay < 1, "weight_decay", weightDecay, "0 to below 1");
            require(maxGradientNorm > 0, "max_grad_norm", maxGradientNorm, "above 0");
            require(averageDecay >= 0 && averageDecay < 1, "average_decay", averageDecay, "0 to below 1");
        }

        /** What a method has if its config says nothing. */
        static Optimizer usual(Traits method) {
            return new Optimizer(method.learningRate(), method.loraPlusRatio(), method.warmupSteps(), 0, 1, 0.9);
        }
    }

    /**
     * A step is taken when one of these is full or the oldest waiting example is {@code flushAfter} old.
     *
     * @param sequences new examples in a step, 1 to 32
     * @param tokens tokens in a step
     * @param microBatchTokens tokens in one forward and backward pass; bounds memory
     */
    public record Batch(int sequences, int tokens, int microBatchTokens, Duration flushAfter) {
        public Batch {
            require(sequences >= 1 && sequences <= 32, "batch_sequences", sequences, "1 to 32");
            require(tokens >= 16, "batch_tokens", tokens, "16 or more");
            require(microBatchTokens >= 16, "micro_batch_tokens", microBatchTokens, "16 or more");
            require(!flushAfter.isNegative(), "flush_after_ms", flushAfter.toMillis(), "0 or more");
        }
    }

    /**
     * @param limit longest example trained on, and what becomes of longer ones
     * @param holdoutShare share of examples never trained on, by which revisions are judged
     * @param holdoutSize so many of the newest held-out examples judge
     * @param replayShare share of a step's tokens that are older examples again
     * @param replayShareAfterShift the same while a detected shift is being learned
     */
    public record Examples(
            LengthLimit limit, double holdoutShare, int holdoutSize, double replayShare, double replayShareAfterShift) {
        public Examples {
            require(holdoutShare >= 0 && holdoutShare <= 0.5, "holdout_share", holdoutShare, "0 to 0.5");
            require(holdoutSize >= 8 && holdoutSize <= 4096, "holdout_size", holdoutSize, "8 to 4096");
            require(replayShare >= 0 && replayShare <= 0.5, "replay_share", replayShare, "0 to 0.5");
            require(
                    replayShareAfterShift >= 0 && replayShareAfterShift <= 0.5,
                    "replay_share_after_shift",
                    replayShareAfterShift,
                    "0 to 0.5");
        }
    }

    private static void require(boolean holds, String field, Object value, String range) {
        if (!holds) {
            throw new IllegalArgumentException("%s is %s; it must be %s".formatted(field, value, range));
        }
    }
}
