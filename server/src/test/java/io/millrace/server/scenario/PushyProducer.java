package io.millrace.server.scenario;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.millrace.v1.AppendExamplesRequest;
import io.millrace.v1.AppendExamplesRequest.Append;
import io.millrace.v1.AppendExamplesRequest.Open;
import io.millrace.v1.AppendExamplesResponse;
import io.millrace.v1.Example;
import io.millrace.v1.IngestServiceGrpc;
import io.millrace.v1.PlainText;
import java.util.concurrent.atomic.AtomicLong;

/** A producer that sends whenever the transport takes more, whatever the server grants. */
final class PushyProducer extends ClientCall.Listener<AppendExamplesResponse> {
    /** Of about 16 KiB in few words. */
    private static final Example LARGE = Example.newBuilder()
            .setText(PlainText.newBuilder().setText("x".repeat(16 << 10)))
            .build();

    private final ClientCall<AppendExamplesRequest, AppendExamplesResponse> call;
    private final AtomicLong sent = new AtomicLong();

    private PushyProducer(Channel channel) {
        call = channel.newCall(IngestServiceGrpc.getAppendExamplesMethod(), CallOptions.DEFAULT);
    }

    static PushyProducer start(Channel channel, String stream) {
        PushyProducer producer = new PushyProducer(channel);
        producer.call.start(producer, new Metadata());
        producer.call.request(Integer.MAX_VALUE);
        producer.call.sendMessage(AppendExamplesRequest.newBuilder()
                .setOpen(Open.newBuilder().setStream(stream))
                .build());
        producer.onReady();
        return producer;
    }

    /** Whether the transport takes no more: the server doesn't read. */
    boolean isHeldUp() {
        return sent.get() > 0 && !call.isReady();
    }

    long sentBytes() {
        return sent.get() * LARGE.getSerializedSize();
    }

    @Override
    public synchronized void onReady() {
        while (call.isReady()) {
            call.sendMessage(AppendExamplesRequest.newBuilder()
                    .setAppend(Append.newBuilder()
                            .setOffset(sent.getAndIncrement())
                            .addExamples(LARGE))
                    .build());
        }
    }
}
