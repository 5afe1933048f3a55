package io.millrace.server.command;

import io.millrace.client.cli.BadDataException;
import io.millrace.trainer.batch.ExampleLoss;
import io.millrace.trainer.batch.Sequence;
import io.millrace.trainer.eval.GreedyDecoder;
import io.millrace.trainer.eval.Scorer;
import io.millrace.trainer.example.Example;
import io.millrace.trainer.method.AdapterFolder;
import io.millrace.trainer.method.TrainedAdapter;
import io.millrace.trainer.pipeline.Base;
import io.millrace.trainer.tokenizer.LengthLimit;
import io.millrace.trainer.tokenizer.Question;
import io.millrace.trainer.tokenizer.Tokenized;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/** Scores a model, with an adapter or without, on examples. */
public final class Scoring {
    /** An answer that goes on for so much longer than expected isn't the expected one. */
    private static final int SPARE_TOKENS = 8;

    private final Base base;
    private final Optional<TrainedAdapter> adapter;

    public Scoring(Base base, Optional<TrainedAdapter> adapter) {
        this.base = base;
        this.adapter = adapter;
    }

    /** @throws io.millrace.trainer.peft.PeftFormatException if the folder holds no adapter of the model */
    public static TrainedAdapter adapter(Base base, Path folder) {
        return AdapterFolder.read(folder, base.host()).adapter();
    }

    /** @throws BadDataException if the model can't be trained on one of the examples */
    public Score score(List<Example> examples, boolean generate) {
        List<ExampleLoss> losses = Scorer.losses(
                base.model(), adapter, examples.stream().map(this::sequence).toList());
        double weight = losses.stream().mapToDouble(ExampleLoss::weight).sum();
        return new Score(
                losses.stream().mapToDouble(ExampleLoss::sum).sum() / weight,
                losses.stream().mapToLong(ExampleLoss::tokens).sum(),
                examples.size(),
                generate ? exact(examples) : OptionalDouble.empty());
    }

    private Sequence sequence(Example example) {
        LengthLimit limit = new LengthLimit(base.model().config().contextLength(), LengthLimit.OverLong.REFUSE);
        Tokenized tokenized = base.tokenizer().tokenize(example, limit);
        if (tokenized instanceof Tokenized.Tokens tokens) {
            return new Sequence(tokens.ids(), tokens.lossWeights());
        }
        Tokenized.Refused refused = (Tokenized.Refused) tokenized;
        throw new BadDataException(refused.field() + " " + refused.reason());
    }

    /** Share of last answers that greedy decoding reproduces exactly; absent: no example asks anything. */
    public OptionalDouble exact(List<Example> examples) {
        List<Question> questions = examples.stream()
                .flatMap(example -> base.tokenizer().question(example.content()).stream())
                .toList();
        List<String> answers = answers(questions);
        return IntStream.range(0, questions.size())
                .map(i -> answers.get(i).equals(questions.get(i).answer().strip()) ? 1 : 0)
                .average();
    }

    /** What the model answers by greedy decoding. */
    public List<String> answers(List<Question> questions) {
        List<GreedyDecoder.Prompt> prompts = questions.stream()
                .map(question -> new GreedyDecoder.Prompt(
                        question.prompt(), base.text().encode(question.answer()).ids().length + SPARE_TOKENS))
                .toList();
        return GreedyDecoder.decode(base.model(), adapter, prompts, base.endIds()).stream()
                .map(ids -> base.text().decode(ids, true).strip())
                .toList();
    }
}
