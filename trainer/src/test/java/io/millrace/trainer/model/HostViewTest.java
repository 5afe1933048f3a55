package io.millrace.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.millrace.trainer.TinyModel;
import java.lang.reflect.Proxy;
import java.nio.FloatBuffer;
import org.junit.jupiter.api.Test;

class HostViewTest {
    @Test
    void arrayInHostMemory_isReadWhereItIs() {
        try (BaseModel model = TinyModel.load(TinyModel.plain(), FloatType.FLOAT32);
                NDManager scope = model.newScope()) {
            NDArray array = NativeArrays.numbers(scope, new float[] {1, 2});
            FloatBuffer seen = HostView.of(model, scope, array).read();
            NativeArrays.view(array).put(0, 3);
            assertThat(seen).isEqualTo(FloatBuffer.wrap(new float[] {3, 2}));
        }
    }

    @Test
    void copy_isMadeAnewByEachRead() {
        try (BaseModel model = TinyModel.load(TinyModel.plain(), FloatType.FLOAT32);
                NDManager scope = model.newScope()) {
            NDArray array = NativeArrays.numbers(scope, new float[] {1, 2});
            array.setName("values[]");
            HostView view = HostView.copied(model, scope, array);
            FloatBuffer seen = view.read();
            NativeArrays.view(array).put(0, 3);
            assertThat(seen).isEqualTo(FloatBuffer.wrap(new float[] {1, 2}));
            view.read();
            assertThat(seen).isEqualTo(FloatBuffer.wrap(new float[] {3, 2}));
            assertThat(array.getName()).isEqualTo("values[]");
        }
    }

    @Test
    void arrayOfAGpu_isNeverSeenThroughACopyUnawares() {
        NDArray elsewhere = (NDArray) Proxy.newProxyInstance(
                NDArray.class.getClassLoader(),
                new Class<?>[] {NDArray.class},
                (proxy, method, arguments) -> method.getName().equals("getDevice") ? Device.gpu(1) : false);
        assertThatThrownBy(() -> NativeArrays.view(elsewhere))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no memory that Java can see");
    }
}
