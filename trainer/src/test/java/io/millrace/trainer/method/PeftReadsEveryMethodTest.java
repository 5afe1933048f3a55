package io.millrace.trainer.method;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.trainer.PythonWithPeft;
import io.millrace.trainer.Reference;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** PEFT itself loads what every method of its kind writes, and computes the same; where PEFT can't be installed, this says so. */
class PeftReadsEveryMethodTest {
    @TempDir
    private Path folder;

    @Test
    @Timeout(value = 10, unit = TimeUnit.MINUTES)
    void whatMillraceWrites_givesTheSameLogitsInPeft() throws IOException, InterruptedException {
        PythonWithPeft python = PythonWithPeft.orAbort();
        PeftFolders.write(folder);
        PythonWithPeft.Run run = python.run(
                Reference.copy().resolve("peft/check_methods.py"),
                folder.toString(),
                Reference.copy().toString());
        assertThat(run.status()).as(run.output()).isZero();
    }
}
