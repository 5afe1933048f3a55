package io.millrace.trainer.pipeline;

import io.millrace.trainer.example.Example;
import io.millrace.trainer.example.ExampleCodec;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Decides by a hash of an example's content, salted per adapter, whether it is held out: the same example always falls on
 * the same side, so no copy of a held-out example is ever trained on.
 */
record HoldoutRule(double share, long salt) {
    boolean holdsOut(Example example) {
        if (example.alwaysTrain() || share == 0) {
            return false;
        }
        byte[] hash = sha256(ExampleCodec.digest(ExampleCodec.encode(Example.of(example.content()))));
        long fraction = ByteBuffer.wrap(hash).getLong() >>> 11;
        return fraction < share * (1L << 53);
    }

    private byte[] sha256(byte[] digest) {
        try {
            return MessageDigest.getInstance("SHA-256")
                    .digest(ByteBuffer.allocate(Long.BYTES + digest.length)
                            .putLong(salt)
                            .put(digest)
                            .array());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
