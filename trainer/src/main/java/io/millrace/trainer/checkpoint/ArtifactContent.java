package io.millrace.trainer.checkpoint;

import java.io.IOException;
import java.nio.channels.WritableByteChannel;

/** Writes the content of an artifact, once. */
@FunctionalInterface
public interface ArtifactContent {
    void writeTo(WritableByteChannel out) throws IOException;
}
