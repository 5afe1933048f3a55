package io.millrace.client;

import io.millrace.client.grpc.GrpcCalls;
import reactor.core.scheduler.Scheduler;

/**
 * How calls are made, and made again after the connection broke.
 *
 * @param reconnectNow makes the channel connect again at once; gRPC's own wait between attempts may be minutes
 * @param timer where waits are counted
 */
record Transport(GrpcCalls calls, Runnable reconnectNow, Backoff backoff, Scheduler timer) {}
