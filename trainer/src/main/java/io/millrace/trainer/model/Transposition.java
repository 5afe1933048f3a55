package io.millrace.trainer.model;

import java.nio.ByteBuffer;

/** Exchanges rows and columns. */
final class Transposition {
    private Transposition() {}

    /**
     * @param from [rows, columns], row-major, from its start
     * @param size bytes of a value
     * @param into [columns, rows], written at its position, which moves past it
     */
    static void copy(ByteBuffer from, int rows, int columns, int size, ByteBuffer into) {
        for (int column = 0; column < columns; column++) {
            for (int row = 0; row < rows; row++) {
                into.put(into.position(), from, (row * columns + column) * size, size);
                into.position(into.position() + size);
            }
        }
    }
}
