package io.millrace.trainer.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class AdapterConfigJsonTest {
    @Test
    void whatIsPrinted_isReadAsTheSame() {
        AdapterConfig config = AdapterConfigJson.parse("""
                {"rank": 4, "learning_rate": 0.002, "loraplus_lr_ratio": 7.5, "warmup_steps": 3, "average_decay": 0.5, "batch_sequences": 5,
                "replay_share": 0.1, "commit_every_ms": 700}""");
        assertThat(config.optimizer()).isEqualTo(new AdapterConfig.Optimizer(0.002, 7.5, 3, 0, 1, 0.5));
        assertThat(AdapterConfigJson.parse(AdapterConfigJson.print(config))).isEqualTo(config);
        assertThat(AdapterConfigJson.parse(AdapterConfigJson.print(AdapterConfig.DEFAULT)))
                .isEqualTo(AdapterConfig.DEFAULT);
    }

    @Test
    void whatIsAbsent_hasTheDefault_andRatesAndWarmUpThoseOfTheMethod() {
        assertThat(AdapterConfigJson.parse("")).isEqualTo(AdapterConfig.DEFAULT);
        assertThat(AdapterConfig.DEFAULT.optimizer()).isEqualTo(new AdapterConfig.Optimizer(1e-3, 4, 3, 0, 1, 0.9));
        assertThat(AdapterConfigJson.parse("{\"loraplus_lr_ratio\": 1}").optimizer())
                .isEqualTo(new AdapterConfig.Optimizer(1e-3, 1, 3, 0, 1, 0.9));
        assertThat(AdapterConfigJson.parse("{\"method\": \"ia3\"}").optimizer())
                .isEqualTo(new AdapterConfig.Optimizer(1e-2, 1, 10, 0, 1, 0.9));
    }

    @Test
    void ratioBelowOne_isRefusedByName() {
        assertThatThrownBy(() -> AdapterConfigJson.parse("{\"loraplus_lr_ratio\": 0.5}"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("loraplus_lr_ratio is 0.5; it must be 1 to 100");
    }
}
