package io.millrace.trainer;

import ai.djl.Device;
import io.millrace.trainer.model.Devices;

/** Where the tests' models compute: on the CPU, or where {@code -Dmillrace.device=cuda} says. */
public final class TestDevice {
    private static final Device NAMED = Devices.named(System.getProperty("millrace.device", "cpu"));

    private TestDevice() {}

    public static Device get() {
        return NAMED;
    }
}
