package io.millrace.server.bench;

/**
 * How much is measured.
 *
 * @param warmUpSeconds of what is warmed up by running: compiling keeps half a processor busy for about so long
 * @param seconds of a measured stretch
 * @param rounds of what alternates
 * @param publications to a watcher
 * @param watchers at once
 */
record PipelineScope(int warmUpSeconds, int seconds, int rounds, int publications, int watchers) {
    static final PipelineScope FULL = new PipelineScope(60, 8, 5, 100, 1_000);
    static final PipelineScope QUICK = new PipelineScope(1, 1, 1, 3, 20);
}
