package io.millrace.trainer.model;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.engine.StandardCapabilities;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.function.IntPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** Where models can compute: the CPU, and the GPUs that the engine sees. */
public final class Devices {
    private static final Logger LOG = LoggerFactory.getLogger(Devices.class);
    private static final Pattern GPU = Pattern.compile("cuda(?::(\\d{1,3}))?");

    private Devices() {}

    /**
     * The device of this name.
     *
     * @param name {@code cpu}; {@code cuda} (the first GPU) or {@code cuda:1}, counted from 0; {@code auto}: the first GPU if
     *     there is one, else the CPU
     * @throws IllegalArgumentException if it is none of these, or the engine sees no such GPU; the message begins with the name
     */
    public static Device named(String name) {
        return named(name, gpus());
    }

    /** What {@link #named(String)} calls it. */
    public static String name(Device device) {
        return device.isGpu() ? "cuda:" + device.getDeviceId() : "cpu";
    }

    static Device named(String name, int gpus) {
        Matcher gpu = GPU.matcher(name);
        if (name.equals("cpu") || name.equals("auto") && gpus == 0) {
            return Device.cpu();
        }
        if (name.equals("auto")) {
            return Device.gpu(0);
        }
        if (!gpu.matches()) {
            throw new IllegalArgumentException("%s; it must be auto, cpu, cuda or cuda:N".formatted(name));
        }
        int index = gpu.group(1) == null ? 0 : Integer.parseInt(gpu.group(1));
        if (gpus == 0) {
            throw new IllegalArgumentException(
                    "%s, but the engine sees no GPU: take cpu, or give it libraries for CUDA (README, GPU)"
                            .formatted(name));
        }
        if (index >= gpus) {
            throw new IllegalArgumentException(
                    "%s, but the engine sees %d GPU(s): take cuda:0 to cuda:%d".formatted(name, gpus, gpus - 1));
        }
        return Device.gpu(index);
    }

    /**
     * None with an engine for the CPU alone, whatever the machine has. DJL's own count asks CUDA's runtime, which it finds only
     * where the whole toolkit is installed; PyTorch's libraries bring a runtime of their own, so they are asked.
     */
    private static int gpus() {
        Engine engine = PyTorch.engine();
        return engine.hasCapability(StandardCapabilities.CUDA) ? count(Devices::takesMemory) : 0;
    }

    static int count(IntPredicate takesMemory) {
        return (int) IntStream.iterate(0, takesMemory, gpu -> gpu + 1).count();
    }

    private static boolean takesMemory(int gpu) {
        try (NDManager scope = PyTorch.engine().newBaseManager(Device.gpu(gpu))) {
            scope.create(new Shape(1));
            return true;
        } catch (EngineException e) {
            // the one behind the last is no surprise, but CUDA without any is
            LOG.atLevel(gpu == 0 ? Level.WARN : Level.DEBUG).setCause(e).log("GPU {} takes no memory", gpu);
            return false;
        }
    }
}
