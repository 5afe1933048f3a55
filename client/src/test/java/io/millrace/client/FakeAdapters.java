package io.millrace.client;

import com.google.protobuf.Any;
import com.google.protobuf.Empty;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import io.millrace.v1.Adapter;
import io.millrace.v1.AdapterServiceGrpc;
import io.millrace.v1.CreateAdapterRequest;
import io.millrace.v1.DeleteAdapterRequest;
import io.millrace.v1.GetAdapterRequest;
import io.millrace.v1.ListAdaptersRequest;
import io.millrace.v1.ListAdaptersResponse;
import io.millrace.v1.PauseAdapterRequest;
import io.millrace.v1.ResumeAdapterRequest;
import io.millrace.v1.RollbackAdapterRequest;
import io.millrace.v1.UpdateAdapterRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** Keeps adapters in memory; lists them two a page. */
public final class FakeAdapters extends AdapterServiceGrpc.AdapterServiceImplBase {
    public final Map<String, Adapter> adapters = new ConcurrentSkipListMap<>();
    public final List<CreateAdapterRequest> creations = new CopyOnWriteArrayList<>();

    @Override
    public void createAdapter(CreateAdapterRequest request, StreamObserver<Adapter> response) {
        creations.add(request);
        String name = request.getAdapter().getName();
        if (adapters.containsKey(name)) {
            fail(response, Code.ALREADY_EXISTS, "ADAPTER_EXISTS", name);
            return;
        }
        put(
                response,
                request.getAdapter().toBuilder()
                        .setState(Adapter.State.STATE_ACTIVE)
                        .build());
    }

    @Override
    public void getAdapter(GetAdapterRequest request, StreamObserver<Adapter> response) {
        change(response, request.getName(), Adapter.newBuilder());
    }

    @Override
    public void listAdapters(ListAdaptersRequest request, StreamObserver<ListAdaptersResponse> response) {
        List<Adapter> all = new ArrayList<>(adapters.values());
        int from = request.getPageToken().isEmpty() ? 0 : Integer.parseInt(request.getPageToken());
        int to = Math.min(from + 2, all.size());
        response.onNext(ListAdaptersResponse.newBuilder()
                .addAllAdapters(all.subList(from, to))
                .setNextPageToken(to == all.size() ? "" : Integer.toString(to))
                .build());
        response.onCompleted();
    }

    @Override
    public void deleteAdapter(DeleteAdapterRequest request, StreamObserver<Empty> response) {
        adapters.remove(request.getName());
        response.onNext(Empty.getDefaultInstance());
        response.onCompleted();
    }

    @Override
    public void updateAdapter(UpdateAdapterRequest request, StreamObserver<Adapter> response) {
        change(
                response,
                request.getAdapter().getName(),
                Adapter.newBuilder()
                        .setConfigJson(request.getAdapter().getConfigJson())
                        .setActivity("searching"));
    }

    @Override
    public void pauseAdapter(PauseAdapterRequest request, StreamObserver<Adapter> response) {
        change(
                response,
                request.getName(),
                Adapter.newBuilder().setState(Adapter.State.STATE_PAUSED).setStateReason(request.getReason()));
    }

    @Override
    public void resumeAdapter(ResumeAdapterRequest request, StreamObserver<Adapter> response) {
        change(response, request.getName(), Adapter.newBuilder().setState(Adapter.State.STATE_ACTIVE));
    }

    @Override
    public void rollbackAdapter(RollbackAdapterRequest request, StreamObserver<Adapter> response) {
        change(response, request.getName(), Adapter.newBuilder().setRevision(request.getRevision() + 100));
    }

    private void change(StreamObserver<Adapter> response, String name, Adapter.Builder change) {
        Adapter adapter = adapters.get(name);
        if (adapter == null) {
            fail(response, Code.NOT_FOUND, "NO_SUCH_ADAPTER", name);
        } else {
            put(response, adapter.toBuilder().mergeFrom(change.build()).build());
        }
    }

    private void put(StreamObserver<Adapter> response, Adapter adapter) {
        adapters.put(adapter.getName(), adapter);
        response.onNext(adapter);
        response.onCompleted();
    }

    private static void fail(StreamObserver<Adapter> response, Code code, String reason, String name) {
        response.onError(StatusProto.toStatusRuntimeException(Status.newBuilder()
                .setCode(code.getNumber())
                .setMessage(name + ": " + reason)
                .addDetails(Any.pack(ErrorInfo.newBuilder()
                        .setReason(reason)
                        .putMetadata("adapter", name)
                        .build()))
                .build()));
    }
}
