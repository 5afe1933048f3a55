package io.millrace.trainer.method;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.trainer.model.Fragment;
import java.util.Optional;

/**
 * A way to fine-tune a model with few parameters. Each is one class here, named in the file
 * {@code META-INF/services/io.millrace.trainer.model.Fragment}, and its fragment of the model's program, if it needs one.
 *
 * <p>From a config to tensors it goes in three steps: the method reads its fields of an adapter's config, the
 * {@link MethodConfig} is applied to a model, and the {@link Adaptation} says what is trained there, how it starts, and how
 * it is written to files.
 */
public interface Method extends Fragment {
    Traits traits();

    @Override
    default String name() {
        return traits().name();
    }

    /**
     * Reads the method's own fields.
     *
     * @throws IllegalArgumentException naming the field, its value and what is allowed
     */
    MethodConfig configure(ConfigFields fields);

    /**
     * Reads the contents of an {@code adapter_config.json}, as PEFT or Millrace wrote it; empty if it is of another method.
     *
     * @throws IllegalArgumentException naming the field, if it asks for what Millrace can't do
     */
    Optional<MethodConfig> read(ObjectNode adapterConfig);
}
