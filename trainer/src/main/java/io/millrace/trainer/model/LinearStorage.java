package io.millrace.trainer.model;

/** How the frozen linears of a model's blocks are held; all else is held as it is computed with. */
public enum LinearStorage {
    /** As they are computed with. */
    DENSE,
    /**
     * In 4 bits with double quantisation, 4.13 bits per weight (QLoRA, https://arxiv.org/abs/2305.14314): each block's are made
     * for every use, and go with it.
     */
    NF4
}
