package io.millrace.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.trainer.PythonWithPeft;
import io.millrace.trainer.Reference;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What can be known of computing on a GPU where there is none. */
class PretendedGpuTest {
    private static final ModelConfig LLAMA = new ModelConfig(
            "llama",
            128,
            32,
            48,
            2,
            4,
            2,
            8,
            1e-5f,
            new Rope(new float[] {1, 0.5f, 0.25f, 0.125f}, 1),
            OptionalInt.empty(),
            List.of(),
            false,
            false,
            false,
            false,
            true,
            512);

    private static final Pattern FACTORY =
            Pattern.compile("torch\\.(empty|zeros|ones|full|arange|eye|rand|randn|randint|tensor|linspace)\\(");

    @TempDir
    private Path folder;

    /** PyTorch's own fake tensors stand for the GPU's: the script fails if the program mixes devices or reads a number from there. */
    @Test
    @Timeout(value = 10, unit = TimeUnit.MINUTES)
    void stepOfLora_copiesNothingButWhereTokensLie() throws IOException, InterruptedException {
        PythonWithPeft python = PythonWithPeft.orAbort();
        Path program = Files.write(folder.resolve("program.pt"), Program.archive(LLAMA, FloatType.FLOAT32, false));
        PythonWithPeft.Run run = python.run(Reference.copy().resolve("gpu/pretend_gpu.py"), program.toString());
        assertThat(run.status()).as(run.output()).isZero();
    }

    @Test
    void everyNewTensorOfTheProgram_saysItsDevice() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("src/main/resources/io/millrace/trainer/model/program"))) {
            List<String> calls = files.filter(Files::isRegularFile)
                    .flatMap(file -> factoryCalls(text(file)))
                    .toList();
            assertThat(calls)
                    .hasSizeGreaterThan(20)
                    .allSatisfy(call -> assertThat(call).contains("device="));
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Each with its arguments. */
    private static Stream<String> factoryCalls(String program) {
        Matcher start = FACTORY.matcher(program);
        return start.results().map(found -> program.substring(found.start(), end(program, found.end())));
    }

    /** Where the parenthesis that was opened before this place is closed. */
    private static int end(String text, int place) {
        int open = 1;
        int end = place;
        while (open > 0) {
            char c = text.charAt(end++);
            open += c == '(' ? 1 : c == ')' ? -1 : 0;
        }
        return end;
    }
}
