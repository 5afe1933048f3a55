package io.millrace.trainer.model;

/** How a tensor's values lie in a file: little-endian blocks of a fixed number of values in a fixed number of bytes. */
enum Encoding {
    F32(1, 4, PlainBlocks::f32),
    F64(1, 8, PlainBlocks::f64),
    F16(1, 2, PlainBlocks::f16),
    BF16(1, 2, PlainBlocks::bf16),
    I32(1, 4, PlainBlocks::i32),
    I64(1, 8, PlainBlocks::i64),
    Q4_0(32, 18, QuantBlocks::q40),
    Q4_1(32, 20, QuantBlocks::q41),
    Q5_0(32, 22, QuantBlocks::q50),
    Q5_1(32, 24, QuantBlocks::q51),
    Q8_0(32, 34, QuantBlocks::q80),
    Q4_K(256, 144, SuperBlocks::q4k),
    Q5_K(256, 176, SuperBlocks::q5k),
    Q6_K(256, 210, SuperBlocks::q6k);

    private final int blockValues;
    private final int blockBytes;
    private final Decoder decoder;

    Encoding(int blockValues, int blockBytes, Decoder decoder) {
        this.blockValues = blockValues;
        this.blockBytes = blockBytes;
        this.decoder = decoder;
    }

    int blockValues() {
        return blockValues;
    }

    int blockBytes() {
        return blockBytes;
    }

    /** Decodes the first {@code blocks} blocks of {@code source} to the start of {@code values}. */
    void decode(byte[] source, int blocks, float[] values) {
        decoder.decode(source, blocks, values);
    }

    @FunctionalInterface
    private interface Decoder {
        void decode(byte[] source, int blocks, float[] values);
    }
}
