package io.millrace.client;

import com.google.protobuf.CodedOutputStream;
import io.millrace.v1.AppendExamplesRequest.Append;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** The examples taken from the source and not yet acknowledged, in order: first those sent, then those to be sent. */
final class SendWindow {
    private final Deque<Held> sent = new ArrayDeque<>();
    private final Deque<Held> unsent = new ArrayDeque<>();
    private long firstOffset;
    private long sentBytes;
    private long unsentBytes;

    /** An example with its encoding, and what that takes in an append. */
    record Held(Example example, io.millrace.v1.Example encoded, int bytes) {
        static Held of(Example example) {
            io.millrace.v1.Example encoded = ExampleEncoding.encode(example);
            return new Held(
                    example, encoded, CodedOutputStream.computeMessageSize(Append.EXAMPLES_FIELD_NUMBER, encoded));
        }
    }

    void startAt(long offset) {
        firstOffset = offset;
    }

    void add(Held held) {
        unsent.add(held);
        unsentBytes += held.bytes();
    }

    /** How many of those to be sent fit, in order. */
    int fitting(long maxExamples, long maxBytes) {
        int count = 0;
        long used = 0;
        for (Held held : unsent) {
            used += held.bytes();
            if (count >= maxExamples || used > maxBytes) {
                break;
            }
            count++;
        }
        return count;
    }

    /** Turns the next ones to be sent into sent ones. */
    List<Held> send(int count) {
        List<Held> taken = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            Held next = unsent.remove();
            taken.add(next);
            unsentBytes -= next.bytes();
            sentBytes += next.bytes();
        }
        sent.addAll(taken);
        return taken;
    }

    /** Lets go of those with offsets below {@code through}; all of them were sent. */
    void acknowledge(long through) {
        for (; firstOffset < through; firstOffset++) {
            sentBytes -= sent.remove().bytes();
        }
    }

    /** Those sent are to be sent again. */
    void rewind() {
        while (!sent.isEmpty()) {
            unsent.addFirst(sent.removeLast());
        }
        unsentBytes += sentBytes;
        sentBytes = 0;
    }

    /** Takes out some of those to be sent, given by their places, which they come back with; the ones after them move up. */
    SortedMap<Integer, Held> remove(Set<Integer> indexes) {
        SortedMap<Integer, Held> removed = new TreeMap<>();
        int index = 0;
        for (Iterator<Held> each = unsent.iterator(); each.hasNext(); index++) {
            Held held = each.next();
            if (indexes.contains(index)) {
                each.remove();
                removed.put(index, held);
                unsentBytes -= held.bytes();
            }
        }
        return removed;
    }

    /** Offset of the oldest one held, or the one the next will get. */
    long firstOffset() {
        return firstOffset;
    }

    /** Offset of the next one to be sent. */
    long sendOffset() {
        return firstOffset + sent.size();
    }

    int sentCount() {
        return sent.size();
    }

    int unsentCount() {
        return unsent.size();
    }

    int size() {
        return sent.size() + unsent.size();
    }

    long unsentBytes() {
        return unsentBytes;
    }

    long bytes() {
        return sentBytes + unsentBytes;
    }

    boolean isEmpty() {
        return size() == 0;
    }
}
