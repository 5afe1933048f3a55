package io.millrace.server.cli;

import io.millrace.client.cli.OutputOptions;
import io.millrace.server.command.ExampleFile;
import io.millrace.server.command.Score;
import io.millrace.server.command.Scoring;
import io.millrace.trainer.example.Chat;
import io.millrace.trainer.example.Example;
import io.millrace.trainer.pipeline.Base;
import io.millrace.trainer.tokenizer.Question;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/**
 * Before and after.
 *
 * @param paraphrasesBase of the model as it was
 * @param paraphrasesLive of the newest adapter
 * @param generalBase on ordinary questions, of the model as it was
 * @param generalLive on ordinary questions, of the newest adapter
 * @param secondsToExact from the first example sent until an adapter was received that answers 95 % of the paraphrases exactly
 * @param secondsToExactAfterChange the same from the first changed example on
 */
record DemoReport(
        Score paraphrasesBase,
        Score paraphrasesLive,
        Score generalBase,
        Score generalLive,
        OptionalDouble secondsToExact,
        OptionalDouble secondsToExactAfterChange) {
    private static final int SHOWN = 3;

    /** Scores, and shows some questions with both answers. */
    static DemoReport of(Base base, StreamedDemo streamed, DemoData data, OutputOptions output) {
        Scoring before = new Scoring(base, Optional.empty());
        Scoring after = new Scoring(base, Optional.of(streamed.last().adapter(base)));
        List<Example> paraphrases = ExampleFile.read(data.paraphrases());
        List<Example> general = ExampleFile.read(data.general());
        DemoReport report = new DemoReport(
                before.score(paraphrases, false),
                after.score(paraphrases, true),
                before.score(general, false),
                after.score(general, false),
                ReceivedRevision.secondsToExact(
                        streamed.beforeChange(),
                        base,
                        ExampleFile.read(data.paraphrasesBefore()),
                        streamed.startedAt()),
                ReceivedRevision.secondsToExact(streamed.afterChange(), base, paraphrases, streamed.changedAt()));
        output.say(String.format(
                Locale.ROOT,
                "%nQuestions in words never streamed: loss %.3f → %.3f (%+.1f %%), %.1f %% answered exactly",
                report.paraphrasesBase.meanLoss(),
                report.paraphrasesLive.meanLoss(),
                100 * (report.paraphrasesLive.meanLoss() / report.paraphrasesBase.meanLoss() - 1),
                100 * report.paraphrasesLive.exact().orElse(0)));
        output.say("95 %% of them were answered exactly %s, and %s"
                .formatted(
                        when(report.secondsToExact, "the first example was sent", "by no revision before the change"),
                        when(report.secondsToExactAfterChange, "the change", "by none after it")));
        output.say(String.format(
                Locale.ROOT,
                "General questions: loss %.3f → %.3f (%+.1f %%)%n",
                report.generalBase.meanLoss(),
                report.generalLive.meanLoss(),
                100 * (report.generalLive.meanLoss() / report.generalBase.meanLoss() - 1)));
        List<Example> shown = IntStream.range(0, SHOWN)
                .mapToObj(i -> paraphrases.get(i * paraphrases.size() / SHOWN))
                .filter(example -> base.tokenizer().question(example.content()).isPresent())
                .toList();
        show(base, shown, before, after, output);
        return report;
    }

    private static String when(OptionalDouble seconds, String since, String never) {
        return seconds.isPresent()
                ? String.format(Locale.ROOT, "%.0f s after %s", seconds.getAsDouble(), since)
                : never;
    }

    private static void show(Base base, List<Example> examples, Scoring before, Scoring after, OutputOptions output) {
        List<Question> asked = examples.stream()
                .flatMap(example -> base.tokenizer().question(example.content()).stream())
                .toList();
        List<String> answersBefore = before.answers(asked);
        List<String> answersAfter = after.answers(asked);
        for (int i = 0; i < examples.size(); i++) {
            output.say("  asked    " + question(examples.get(i)));
            output.say("  base     " + answersBefore.get(i).replace('\n', ' '));
            output.say("  adapter  " + answersAfter.get(i).replace('\n', ' '));
            output.say("");
        }
    }

    private static String question(Example example) {
        return example.content() instanceof Chat chat
                ? chat.messages().get(chat.messages().size() - 2).content().orElse("")
                : "";
    }
}
