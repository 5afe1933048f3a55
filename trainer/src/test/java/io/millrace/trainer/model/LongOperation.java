package io.millrace.trainer.model;

import java.io.IOException;
import java.util.concurrent.locks.Lock;

/** A process with an operation that lasts until it reads a byte, followed by others without end. It says what happens. */
final class LongOperation {
    private LongOperation() {}

    public static void main(String[] arguments) throws IOException {
        EngineExit.before(() -> System.out.println("asked to end"));
        Lock operation = EngineExit.operation();
        operation.lock();
        System.out.println("begun");
        int ignored = System.in.read();
        System.out.println("completed");
        operation.unlock();
        for (; ; operation.unlock()) {
            operation.lock();
        }
    }
}
