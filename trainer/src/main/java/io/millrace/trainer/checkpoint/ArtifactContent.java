package io.millrace.trainer.checkpoint;

import java.io.IOException;
import java.io.OutputStream;

/** Writes the content of an artifact, once. */
@FunctionalInterface
public interface ArtifactContent {
    void writeTo(OutputStream out) throws IOException;
}
