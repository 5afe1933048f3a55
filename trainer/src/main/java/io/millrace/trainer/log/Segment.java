package io.millrace.trainer.log;

import io.millrace.trainer.example.EncodedExample;
import java.io.ByteArrayOutputStream;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A row of the log: consecutive examples of one append. A row for each example would cost more than its bytes do.
 *
 * @param lastSeq of its last example
 * @param lastOffset of its last example
 * @param encodings of its examples, at least one, as {@link io.millrace.trainer.example.ExampleCodec} makes them
 */
record Segment(long lastSeq, long lastOffset, List<byte[]> encodings) {
    /** Larger ones are hardly cheaper to write, and who reads one example reads its segment. */
    static final int MOST_BYTES = 64 << 10;

    /** What {@link #read} needs. */
    static final String COLUMNS = "last_seq, last_offset, examples";

    Segment {
        encodings = List.copyOf(encodings);
    }

    /**
     * Consecutive examples as segments of at most {@link #MOST_BYTES}, or of one example.
     *
     * @param seq of the first one
     * @param offset of the first one
     */
    static List<Segment> cut(List<EncodedExample> examples, long seq, long offset) {
        List<Segment> segments = new ArrayList<>();
        List<byte[]> encodings = new ArrayList<>();
        long bytes = 0;
        int before = 0;
        for (EncodedExample example : examples) {
            if (bytes > 0 && bytes + example.size() > MOST_BYTES) {
                segments.add(new Segment(seq + before - 1, offset + before - 1, encodings));
                encodings.clear();
                bytes = 0;
            }
            encodings.add(example.bytes());
            bytes += example.size();
            before++;
        }
        segments.add(new Segment(seq + before - 1, offset + before - 1, encodings));
        return segments;
    }

    static Segment read(ResultSet row) throws SQLException {
        return new Segment(row.getLong("last_seq"), row.getLong("last_offset"), lines(row.getBytes("examples")));
    }

    int count() {
        return encodings.size();
    }

    long firstSeq() {
        return lastSeq - count() + 1;
    }

    long firstOffset() {
        return offset(firstSeq());
    }

    /** Of one of its examples. */
    long offset(long seq) {
        return lastOffset - (lastSeq - seq);
    }

    /** Of one of its examples. */
    byte[] encoding(long seq) {
        return encodings.get((int) (seq - firstSeq()));
    }

    long bytes() {
        return encodings.stream().mapToLong(encoding -> encoding.length).sum();
    }

    /** A JSON array with a line for each example. Encodings are compact, so that a line break is never part of one. */
    byte[] json() {
        ByteArrayOutputStream json = new ByteArrayOutputStream((int) bytes() + 2 * count());
        json.write('[');
        for (int i = 0; i < count(); i++) {
            if (i > 0) {
                json.write(',');
                json.write('\n');
            }
            json.writeBytes(encodings.get(i));
        }
        json.write(']');
        return json.toByteArray();
    }

    private static List<byte[]> lines(byte[] json) {
        List<byte[]> lines = new ArrayList<>();
        int start = 1;
        for (int end = start; end < json.length; end++) {
            if (json[end] == '\n') {
                lines.add(Arrays.copyOfRange(json, start, end - 1));
                start = end + 1;
            }
        }
        lines.add(Arrays.copyOfRange(json, start, json.length - 1));
        return lines;
    }
}
