package io.millrace.client.jsonl;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/** Reads lines as bytes; of a line that is too long no more than that is kept. */
final class LineReader {
    private final InputStream input;
    private final int maxBytes;
    private final byte[] buffer = new byte[64 << 10];
    private int position;
    private int filled;
    private boolean tooLong;

    LineReader(InputStream input, int maxBytes) {
        this.input = input;
        this.maxBytes = maxBytes;
    }

    /** The next line without its end, or nothing at the end of the input. */
    Optional<byte[]> next() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        boolean any = false;
        tooLong = false;
        while (fill()) {
            any = true;
            int end = position;
            while (end < filled && buffer[end] != '\n') {
                end++;
            }
            tooLong |= line.size() + end - position > maxBytes;
            if (!tooLong) {
                line.write(buffer, position, end - position);
            }
            position = end + 1;
            if (end < filled) {
                break;
            }
            position = filled;
        }
        return any ? Optional.of(line.toByteArray()) : Optional.empty();
    }

    /** Whether the last line was longer than allowed; what was read of it is of no use. */
    boolean isTooLong() {
        return tooLong;
    }

    private boolean fill() throws IOException {
        if (position >= filled) {
            position = 0;
            filled = Math.max(0, input.read(buffer));
        }
        return filled > 0;
    }
}
