package io.millrace.server.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HubSettingsTest {
    @Test
    void emptyEnvironment_isThePublicHub() {
        HubSettings settings = HubSettings.of(Map.of());
        assertThat(settings.endpoint()).hasToString("https://huggingface.co");
        assertThat(settings.token()).isEmpty();
        assertThat(settings.offline()).isFalse();
    }

    @Test
    void environment_isReadAsTheHubsLibraryReadsIt() {
        HubSettings settings = HubSettings.of(
                Map.of("HF_ENDPOINT", "http://mirror:8080/hf/", "HF_TOKEN", " hf_x\n", "HF_HUB_OFFLINE", "True"));
        assertThat(settings.endpoint()).hasToString("http://mirror:8080/hf");
        assertThat(settings.token()).contains("hf_x");
        assertThat(settings.offline()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"mirror", "ftp://mirror", "http:", "http://a b"})
    void endpointThatIsNoHttpAddress_isRefused(String endpoint) {
        assertThatThrownBy(() -> HubSettings.of(Map.of("HF_ENDPOINT", endpoint)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("HF_ENDPOINT is \"%s\"".formatted(endpoint));
    }
}
