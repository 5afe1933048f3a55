package io.millrace.trainer.peft;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.trainer.PythonWithPeft;
import io.millrace.trainer.Reference;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** PEFT itself loads LoRA of all configs that differ in kind, and would have written the same; where it can't be installed, this says so. */
class PeftReadsLoraTest {
    @TempDir
    private Path folder;

    @Test
    @Timeout(value = 10, unit = TimeUnit.MINUTES)
    void whatMillraceWrites_isWhatPeftComputesAndWrites() throws IOException, InterruptedException {
        PythonWithPeft python = PythonWithPeft.orAbort();
        PeftExport.write(folder);
        PythonWithPeft.Run run = python.run(Reference.copy().resolve("peft/check_peft.py"), folder.toString());
        assertThat(run.status()).as(run.output()).isZero();
    }
}
