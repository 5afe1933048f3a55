package io.millrace.trainer.example;

/** An example as its canonical bytes, see {@link ExampleCodec}: what the log stores. */
public final class EncodedExample {
    private final byte[] bytes;

    private EncodedExample(byte[] bytes) {
        this.bytes = bytes;
    }

    /** @throws IllegalArgumentException if a message's fields or a tool hold something that is not a JSON value */
    public static EncodedExample of(Example example) {
        return new EncodedExample(ExampleCodec.encode(example));
    }

    /** Not copied; nobody writes to them. */
    public byte[] bytes() {
        return bytes;
    }

    public int size() {
        return bytes.length;
    }
}
