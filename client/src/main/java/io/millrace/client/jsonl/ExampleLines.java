package io.millrace.client.jsonl;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.SynchronousSink;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Examples in JSON, one a line: OpenAI's {@code messages} (with {@code tools}), {@code prompt} and {@code completion}, or
 * {@code text}; beside it, optionally, {@code weight}, {@code tags}, {@code always_train} and {@code event_time}.
 */
public final class ExampleLines {
    /** An example of 1 MiB may be written with six characters for one. */
    private static final int MAX_LINE_BYTES = 8 << 20;

    private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

    private ExampleLines() {}

    /**
     * The lines of an input, read as they are asked for, one at a time, on {@link Schedulers#boundedElastic()}. The input is
     * opened with the subscription and closed at its end.
     */
    public static Flux<ParsedLine> read(Callable<InputStream> input) {
        Scheduler disk = Schedulers.boundedElastic();
        return Flux.using(input, ExampleLines::lines, ExampleLines::close).subscribeOn(disk);
    }

    private static Flux<ParsedLine> lines(InputStream input) {
        LineReader reader = new LineReader(input, MAX_LINE_BYTES);
        return Flux.generate(() -> 1L, (number, lines) -> nextLine(reader, number, lines));
    }

    private static long nextLine(LineReader reader, long first, SynchronousSink<ParsedLine> lines) {
        for (long number = first; ; number++) {
            Optional<byte[]> line = read(reader);
            if (line.isEmpty()) {
                lines.complete();
                return number;
            }
            if (reader.isTooLong() || !isBlank(line.get())) {
                lines.next(parse(number, line.get(), reader.isTooLong()));
                return number + 1;
            }
        }
    }

    private static ParsedLine parse(long number, byte[] json, boolean tooLong) {
        if (tooLong) {
            return new ParsedLine.Bad(number, "is longer than %d bytes; split the example".formatted(MAX_LINE_BYTES));
        }
        try {
            return new ParsedLine.Valid(number, ExampleJson.parse(json).withOrigin("line " + number));
        } catch (BadExampleException e) {
            return new ParsedLine.Bad(number, e.reason());
        }
    }

    private static boolean isBlank(byte[] bytes) {
        for (int i = startsWithMark(bytes) ? BYTE_ORDER_MARK.length : 0; i < bytes.length; i++) {
            if (bytes[i] != ' ' && bytes[i] != '\t' && bytes[i] != '\r') {
                return false;
            }
        }
        return true;
    }

    private static boolean startsWithMark(byte[] bytes) {
        return bytes.length >= BYTE_ORDER_MARK.length
                && bytes[0] == BYTE_ORDER_MARK[0]
                && bytes[1] == BYTE_ORDER_MARK[1]
                && bytes[2] == BYTE_ORDER_MARK[2];
    }

    private static Optional<byte[]> read(LineReader reader) {
        try {
            return reader.next();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void close(InputStream input) {
        try {
            input.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
