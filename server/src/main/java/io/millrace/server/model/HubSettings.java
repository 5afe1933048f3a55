package io.millrace.server.model;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * How the Hugging Face hub is reached.
 *
 * @param endpoint such as {@code https://huggingface.co}
 * @param token sent to the endpoint only, not where it redirects to
 * @param offline the hub is never asked
 * @param stall a request or a download from which nothing comes for so long has failed
 * @param pause before the first retry; each further one waits that much longer
 */
public record HubSettings(URI endpoint, Optional<String> token, boolean offline, Duration stall, Duration pause) {
    private static final Set<String> TRUE = Set.of("1", "on", "yes", "true");

    public HubSettings {
        String scheme = String.valueOf(endpoint.getScheme());
        if (endpoint.getHost() == null || !(scheme.equals("https") || scheme.equals("http"))) {
            throw noAddress(endpoint.toString());
        }
    }

    /**
     * As the hub's own library reads the environment: {@code HF_ENDPOINT}, {@code HF_TOKEN}, {@code HF_HUB_OFFLINE}.
     *
     * @throws IllegalArgumentException if the endpoint is no http address
     */
    public static HubSettings of(Map<String, String> environment) {
        String endpoint = environment.getOrDefault("HF_ENDPOINT", "");
        return new HubSettings(
                endpoint(
                        endpoint.isBlank()
                                ? "https://huggingface.co"
                                : endpoint.strip().replaceAll("/+$", "")),
                Optional.ofNullable(environment.get("HF_TOKEN"))
                        .map(String::strip)
                        .filter(token -> !token.isEmpty()),
                TRUE.contains(environment.getOrDefault("HF_HUB_OFFLINE", "").toLowerCase(Locale.ROOT)),
                Duration.ofSeconds(30),
                Duration.ofSeconds(1));
    }

    private static URI endpoint(String address) {
        try {
            return new URI(address);
        } catch (URISyntaxException e) {
            throw noAddress(address);
        }
    }

    private static IllegalArgumentException noAddress(String endpoint) {
        return new IllegalArgumentException(
                "HF_ENDPOINT is \"%s\"; it must be such as https://huggingface.co".formatted(endpoint));
    }
}
