package io.millrace.trainer.method;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;

/** Bottleneck adapters after Houlsby (https://arxiv.org/abs/1902.00751): behind attention and behind the feed-forward network, with swish. */
public final class Houlsby implements Method {
    private static final String NAME = "houlsby";
    private static final BottleneckConfig.Kind KIND =
            new BottleneckConfig.Kind(NAME, List.of("attended", "fed_forward"), "swish");

    @Override
    public Traits traits() {
        return new Traits(
                NAME,
                1e-3,
                "modular tasks on one base, learns more than Pfeiffer's for twice the size; always costs at inference");
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
