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
    /** The word that chooses it in an adapter's config. */
    @Override
    String name();

    /** The learning rate that an adapter has if its config says none. */
    double learningRate();

    /** Whether what is trained can be folded into the model's weights, so that answers cost what they cost without it. */
    default boolean merges() {
        return false;
    }

    /** In a line, what to take it for. */
    String advice();

    /** Whether other modules can be trained in full beside it: PEFT's {@code modules_to_save}. */
    default boolean savesModules() {
        return false;
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
