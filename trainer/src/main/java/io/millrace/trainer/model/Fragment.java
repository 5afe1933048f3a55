package io.millrace.trainer.model;

/**
 * Something that changes the model's forward pass. Its part of the program is {@code program/methods/NAME.py} among this
 * package's resources, with functions of the hooks that {@code program/hooks.py} names; where there is no such file, it
 * merely puts tensors of its own in the place of weights. Fragments are found as services.
 */
public interface Fragment {
    /** Letters, digits and underscores. */
    String name();
}
