package io.millrace.trainer.method;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;

/** Bottleneck adapters after Pfeiffer (https://arxiv.org/abs/2005.00247): behind the feed-forward network, with relu. */
public final class Pfeiffer implements Method {
    private static final String NAME = "pfeiffer";
    private static final BottleneckConfig.Kind KIND = new BottleneckConfig.Kind(NAME, List.of("fed_forward"), "relu");

    @Override
    public Traits traits() {
        return new Traits(NAME, 1e-3, "modular tasks on one base, half of Houlsby's size; always costs at inference");
    }

    @Override
    public MethodConfig configure(ConfigFields fields) {
        return KIND.configure(fields);
    }

    @Override
    public Optional<MethodConfig> read(ObjectNode adapterConfig) {
        return KIND.read(adapterConfig);
    }
}
