package io.millrace.trainer.method;

/**
 * What holds of a method whatever its settings.
 *
 * @param name the word that chooses it in an adapter's config
 * @param learningRate that an adapter has if its config says none
 * @param loraPlusRatio by what B's rate is larger than A's if its config says nothing of it; 1: it isn't, or there is no B
 * @param warmupSteps steps in which the rate rises if its config doesn't say how many
 * @param merges whether what is trained can be folded into the model's weights, so that answers cost what they cost without it
 * @param savesModules whether other modules can be trained in full beside it: PEFT's {@code modules_to_save}
 * @param advice in a line, what to take it for
 */
public record Traits(
        String name,
        double learningRate,
        double loraPlusRatio,
        int warmupSteps,
        boolean merges,
        boolean savesModules,
        String advice) {
    /** One rate for all, after ten steps; neither merges nor saves modules. */
    Traits(String name, double learningRate, String advice) {
        this(name, learningRate, 1, 10, false, false, advice);
    }

    Traits withFasterB(double ratio) {
        return new Traits(name, learningRate, ratio, warmupSteps, merges, savesModules, advice);
    }

    Traits warmedUpIn(int steps) {
        return new Traits(name, learningRate, loraPlusRatio, steps, merges, savesModules, advice);
    }

    Traits merging() {
        return new Traits(name, learningRate, loraPlusRatio, warmupSteps, true, savesModules, advice);
    }

    Traits savingModules() {
        return new Traits(name, learningRate, loraPlusRatio, warmupSteps, merges, true, advice);
    }
}
